package web

import (
	"fmt"
	"hash/fnv"

	"github.com/gregaria/gregaria/engine"
)

// An Offer is what a run can be made of: scenarios, and the parameters they read.
type Offer struct {
	scenarios []offeredScenario
	params    []offeredParam
}

type offeredScenario struct {
	name, help, host string
	weight, count    int
}

type offeredParam struct{ name, kind, standard, help string }

// NewOffer returns what e offers. Scenarios that read a parameter of the same name
// share its field.
func NewOffer(e *engine.Engine) Offer {
	var o Offer
	seen := map[string]bool{}
	for _, p := range e.Plans() {
		o.scenarios = append(o.scenarios, offeredScenario{p.Name, p.Help, p.Host, p.Weight, p.Count})
		for _, param := range p.Params {
			spec := param.Spec()
			if !seen[spec.Name] {
				o.params = append(o.params, offeredParam{spec.Name, spec.Kind, spec.Default, spec.Help})
			}
			seen[spec.Name] = true
		}
	}
	return o
}

// fingerprint changes with the offer. The start form is not part of a frame, so a
// page that offers something else must be loaded anew.
func (o Offer) fingerprint() string {
	h := fnv.New32a()
	fmt.Fprintf(h, "%+v", o)
	return fmt.Sprintf("%08x", h.Sum32())
}
