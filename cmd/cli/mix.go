package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
)

// addMix adds the flags of which scenarios and tasks there are, and how many of each.
func (f *flags) addMix() {
	f.value("weights", "", "WEIGHTS", "", "shares of scenarios, instead of their own: shop=3,admin=1")
	f.several("weights")
	f.toggle("equal-weights", "", "give all scenarios the same share")
	f.value("tasks-off", "", "TASKS", "", "leave these tasks out: shop/checkout,shop/forum/read")
	f.several("tasks-off")
	f.value("config-users", "", "JSON", "", `the same as Locust has it, or a file of it: '[{"user_class_name": "shop", "weight": 3, "tasks": ["buy"]}]'`)
	f.several("config-users")
	f.toggle("class-picker", "", "no need to: the page always offers the scenarios to pick from; accepted as Locust has it")
}

// readMix reads them.
func (f *flags) readMix(c *engine.Config) {
	weights := map[string]int{}
	if f.on("equal-weights") {
		for _, p := range f.plans {
			if p.Count == 0 || c.Model == engine.Open {
				weights[p.Name] = 1
			}
		}
	}
	for _, text := range f.given["tasks-off"].texts {
		for path := range strings.SplitSeq(text, ",") { // which may have spaces
			if path = strings.TrimSpace(path); path != "" {
				c.Off = append(c.Off, path)
			}
		}
	}
	for _, text := range f.given["config-users"].texts {
		f.readUsers(text, weights, c)
	}
	given, err := engine.ParseWeights(strings.Split(strings.Join(f.given["weights"].texts, ","), ","))
	if err != nil {
		f.mistakes = append(f.mistakes, err)
	}
	for name, w := range given {
		weights[name] = w
	}
	if len(weights) > 0 {
		c.Weights = weights
	}
	f.on("class-picker") // which may be no truth value
}

// A userConfig is what Locust's --config-users says of a scenario.
type userConfig struct {
	Name       string   `json:"user_class_name"`
	Weight     *int     `json:"weight"`
	FixedCount *int     `json:"fixed_count"`
	Host       *string  `json:"host"`
	Tasks      []string `json:"tasks"`
}

// readUsers reads what Locust's --config-users says, as JSON or a file of it.
func (f *flags) readUsers(text string, weights map[string]int, c *engine.Config) {
	wrong := func(format string, args ...any) { f.wrong("--config-users: "+format, args...) }
	if trimmed := strings.TrimSpace(text); !strings.HasPrefix(trimmed, "{") && !strings.HasPrefix(trimmed, "[") {
		content, err := os.ReadFile(trimmed)
		if err != nil {
			wrong("%w — give JSON such as {\"user_class_name\": \"shop\", \"weight\": 3}, or a file of it", err)
			return
		}
		text = string(content)
	}
	list, err := parseUsers(text)
	if err != nil {
		wrong("%w", err)
		return
	}
	for _, u := range list {
		i := slices.IndexFunc(f.plans, func(p *load.Plan) bool { return p.Name == u.Name })
		if i < 0 {
			names := planNames(f.plans)
			hint := "the scenarios are: " + strings.Join(names, ", ")
			if near := engine.Nearest(u.Name, names); near != "" {
				hint = "did you mean " + near + "?"
			}
			wrong("there is no scenario %q — %s", u.Name, hint)
			continue
		}
		plan := f.plans[i]
		if u.FixedCount != nil && *u.FixedCount != plan.Count {
			wrong("%s: fixed_count cannot be set from here — write Count: %d in the scenario's code", u.Name, *u.FixedCount)
		}
		if u.Host != nil && *u.Host != plan.Host {
			wrong("%s: host cannot be set for one scenario alone — write --host for all, or Host in its code", u.Name)
		}
		switch {
		case u.Weight == nil:
		case *u.Weight == 0:
			wrong("%s: weight 0 leaves it out — name the other scenarios instead", u.Name)
		default:
			weights[u.Name] = *u.Weight
		}
		off, err := offBut(plan, u.Tasks)
		if err != nil {
			wrong("%s: %w", u.Name, err)
		}
		c.Off = append(c.Off, off...)
	}
}

// parseUsers reads an object, or a list of them.
func parseUsers(text string) (list []userConfig, err error) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.DisallowUnknownFields()
	if strings.HasPrefix(strings.TrimSpace(text), "[") {
		err = d.Decode(&list)
	} else {
		list = make([]userConfig, 1)
		err = d.Decode(&list[0])
	}
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("there is more after its end")
		}
	}
	if err != nil {
		return nil, fmt.Errorf("is not what Locust's JSON looks like: %w — write for example [{\"user_class_name\": \"shop\", \"weight\": 3, \"tasks\": [\"buy\"]}]", err)
	}
	for i, u := range list {
		if u.Name == "" {
			return nil, fmt.Errorf("entry %d has no user_class_name, which is the name of a scenario", i+1)
		}
	}
	return list, nil
}

// offBut returns all tasks of a plan but those with these names; none when there are no
// names.
func offBut(plan *load.Plan, names []string) (off []string, err error) {
	if names == nil {
		return nil, nil
	}
	all := taskNames(plan.Tasks)
	for _, name := range names {
		if !slices.Contains(all, name) {
			hint := "the tasks are: " + strings.Join(all, ", ")
			if near := engine.Nearest(name, all); near != "" {
				hint = "did you mean " + near + "?"
			}
			return nil, fmt.Errorf("there is no task %q — %s", name, hint)
		}
	}
	for _, name := range all {
		if !slices.Contains(names, name) {
			off = append(off, plan.Name+"/"+name)
		}
	}
	return off, nil
}
