package load

import (
	"fmt"
	"math"
	"strconv"
	"time"
)

// A Param is a value of a scenario that whoever starts a run can set: on the
// command line as --name, in the form and in the API as a field of that name.
// Declare it once, list it in Scenario.Params, and read it with Of.
type Param[T string | int | float64 | bool | time.Duration] struct {
	Name    string // lower case letters, digits and dashes
	Default T
	Help    string // what it is for, in a few words
}

// Of returns the value in u's run.
func (p Param[T]) Of(u *User) T {
	if v, ok := u.params[p.Name].(T); ok {
		return v
	}
	return p.Default
}

// A Parameter is any Param.
type Parameter interface {
	// Spec describes the parameter.
	Spec() ParamSpec
	// Parse reads a value written by a person.
	Parse(text string) (any, error)
}

// A ParamSpec describes a parameter to the command line, the form and the API.
type ParamSpec struct {
	Name, Kind, Default, Help string // Kind is string, int, float64, bool or duration
}

// Spec describes p.
func (p Param[T]) Spec() ParamSpec {
	kind := fmt.Sprintf("%T", p.Default)
	if kind == "time.Duration" {
		kind = "duration"
	}
	return ParamSpec{Name: p.Name, Kind: kind, Default: fmt.Sprint(p.Default), Help: p.Help}
}

// Parse reads a value written by a person.
func (p Param[T]) Parse(text string) (any, error) {
	var v any
	var err error
	var want string
	switch any(p.Default).(type) {
	case string:
		return text, nil
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
		return nil, fmt.Errorf("%q is not %s", text, want)
	}
	return v, nil
}
