package web

import (
	"fmt"
	"hash/fnv"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
)

// An Offer is what a run can be made of: scenarios, the parameters they read, and
// shapes of load.
type Offer struct {
	scenarios []offeredScenario
	params    []offeredParam
	shapes    []string
}

type offeredScenario struct {
	name, help, host string
	weight, count    int
	noHost           bool // needs none
	tasks            []offeredTask
}

// An offeredTask is a function, or it has steps or tasks.
type offeredTask struct {
	name         string
	weight       int
	chained      bool // one task of a chain says what follows it
	steps, tasks []offeredTask
}

type offeredParam struct {
	name, kind, standard, help string
	choices                    []string
	secret                     bool
}

// NewOffer returns what e offers. Scenarios that read a parameter of the same name
// share its field.
func NewOffer(e *engine.Engine) Offer {
	o := Offer{shapes: e.Shapes()}
	seen := map[string]bool{}
	for _, p := range e.Plans() {
		o.scenarios = append(o.scenarios, offeredScenario{
			p.Name, p.Help, p.Host, p.Weight, p.Count, p.Protocol == load.NoHTTP, offeredTasks(p.Tasks)})
		for _, param := range p.Params {
			spec := param.Spec()
			if !seen[spec.Name] {
				o.params = append(o.params, offeredParam{spec.Name, spec.Kind, spec.Default, spec.Help, spec.Choices, spec.Secret})
			}
			seen[spec.Name] = true
		}
	}
	return o
}

func offeredTasks(planned []load.PlannedTask) []offeredTask {
	var list []offeredTask
	for _, p := range planned {
		list = append(list, offeredTask{p.Name, p.Weight, p.Next != nil, offeredTasks(p.Steps), offeredTasks(p.Tasks)})
	}
	return list
}

// fingerprint changes with the offer. The start form is not part of a frame, so a
// page that offers something else must be loaded anew.
func (o Offer) fingerprint() string {
	h := fnv.New32a()
	fmt.Fprintf(h, "%+v", o)
	return fmt.Sprintf("%08x", h.Sum32())
}
