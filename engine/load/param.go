package load

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Param is a value of a scenario that whoever starts a run can set: on the
// command line as --name, in the environment as GREGARIA_NAME, in the form and in the
// API as a field of that name. Declare it once, list it in Scenario.Params, and read
// it with Of.
type Param[T string | int | float64 | bool | time.Duration] struct {
	Name    string // lower case letters, digits and dashes
	Default T
	Help    string        // what it is for, in a few words
	Choices []T           // the values there are to choose from; none means any value
	Secret  bool          // a password, say, which is never shown; only for a string without Choices
	Check   func(T) error // says what is wrong with a value, and what to write instead; nil accepts all
}

// Of returns the value in u's run. It panics when the scenario of u does not list p:
// nobody could set it.
func (p Param[T]) Of(u *User) T {
	v, ok := u.params[p.Name].(T)
	if !ok {
		panic("load: list parameter " + p.Name + " in Scenario.Params")
	}
	return v
}

// A Parameter is any Param.
type Parameter interface {
	// Spec describes the parameter.
	Spec() ParamSpec
	// Parse reads a value written by a person. The error says what to write instead,
	// and never repeats a secret.
	Parse(text string) (any, error)

	initial() any
	check(at string, wrong *mistakes)
}

// A ParamSpec describes a parameter to the command line, the form and the API.
type ParamSpec struct {
	Name    string
	Kind    string // string, int, float64, bool or duration
	Default string // "" for a secret
	Help    string
	Choices []string // as Parse reads them; nil means any value
	Secret  bool     // must not be shown
	Env     string   // the environment variable: GREGARIA_PAGE_SIZE for page-size
}

// Spec describes p.
func (p Param[T]) Spec() ParamSpec {
	kind := fmt.Sprintf("%T", p.Default)
	if kind == "time.Duration" {
		kind = "duration"
	}
	spec := ParamSpec{
		Name: p.Name, Kind: kind, Help: p.Help, Secret: p.Secret,
		Env: "GREGARIA_" + strings.ToUpper(strings.ReplaceAll(p.Name, "-", "_")),
	}
	if !p.Secret {
		spec.Default = fmt.Sprint(p.Default)
	}
	for _, c := range p.Choices {
		spec.Choices = append(spec.Choices, fmt.Sprint(c))
	}
	return spec
}

// Parse reads a value written by a person.
func (p Param[T]) Parse(text string) (any, error) {
	v, err := p.read(text)
	if err != nil {
		return nil, err
	}
	if err := p.judge(v); err != nil {
		return nil, err
	}
	return v, nil
}

// read returns what text says.
func (p Param[T]) read(text string) (T, error) {
	var v any
	var err error
	var want string
	switch any(p.Default).(type) {
	case string:
		v = text
	case int:
		v, err = strconv.Atoi(text)
		want = "a whole number such as 10"
	case float64:
		var f float64
		if f, err = strconv.ParseFloat(text, 64); math.IsNaN(f) || math.IsInf(f, 0) {
			err = strconv.ErrRange
		}
		v, want = f, "a number such as 0.5"
	case bool:
		v, err = strconv.ParseBool(text)
		want = "true or false"
	case time.Duration:
		v, err = time.ParseDuration(text)
		want = "a duration such as 500ms or 2s"
	}
	if err != nil {
		return p.Default, fmt.Errorf("%q is not %s", text, want)
	}
	return v.(T), nil
}

// judge returns why v is none of the parameter's values, or nil.
func (p Param[T]) judge(v T) error {
	if len(p.Choices) > 0 && !slices.Contains(p.Choices, v) {
		return fmt.Errorf("%q is not %s", fmt.Sprint(v), series(p.Spec().Choices, "or"))
	}
	if p.Check == nil {
		return nil
	}
	return p.Check(v)
}

// initial returns the value when none is given.
func (p Param[T]) initial() any { return p.Default }

// check notes what is wrong with the parameter itself, which is at a path.
func (p Param[T]) check(at string, wrong *mistakes) {
	if _, text := any(p.Default).(string); p.Secret && (!text || len(p.Choices) > 0) {
		wrong.add("%s: Secret is for strings without Choices", at)
	}
	if err := p.judge(p.Default); err != nil {
		wrong.add("%s: Default: %w", at, err)
	}
}
