package cli

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"github.com/gregaria/gregaria/engine"
)

// explain words what pflag says about a command line, with the way out. It says all that
// is wrong with the names of flags, where pflag gives up at the first.
func explain(err error, set *pflag.FlagSet, args []string) error {
	unknown, isUnknown := errors.AsType[*pflag.NotExistError](err)
	missing, isMissing := errors.AsType[*pflag.ValueRequiredError](err)
	invalid, isInvalid := errors.AsType[*pflag.InvalidValueError](err)
	switch all := misnamed(set, args); {
	case (isUnknown || isMissing) && len(all) > 0:
		return errors.Join(all...)
	case isUnknown: // which stands in no argument of its own
		return unknownFlag(set, unknown.GetSpecifiedName(), unknown.GetSpecifiedShortnames() != "")
	case isMissing:
		return needsValue(missing.GetFlag())
	case isInvalid:
		return fmt.Errorf("--%s: %q is not %s", invalid.GetFlag().Name, invalid.GetValue(), kindOf(invalid.GetFlag()))
	}
	return err
}

// kindOf says what a flag takes that pflag itself reads.
func kindOf(flag *pflag.Flag) string {
	switch flag.Value.Type() {
	case "bool":
		return "true or false"
	case "int":
		return "a whole number"
	}
	return "a value for it — --help says what it takes"
}

// misnamed returns what is wrong with the names of flags on a command line: those that
// there are none of, and those that lack their value.
func misnamed(set *pflag.FlagSet, args []string) (mistakes []error) {
	told := map[string]bool{}
	unknown := func(name string, short bool) {
		if !told[name] {
			mistakes = append(mistakes, unknownFlag(set, name, short))
		}
		told[name] = true
	}
	for len(args) > 0 {
		arg, rest := args[0], args[1:]
		args = rest
		if arg == "--" {
			break
		}
		var last *pflag.Flag // which may take the next argument
		switch name, long := strings.CutPrefix(arg, "--"); {
		case long:
			name, _, whole := strings.Cut(name, "=")
			flag := set.Lookup(name)
			switch {
			case flag == nil && name != "help":
				unknown(name, false)
				if !whole {
					args = withoutNumber(rest)
				}
			case !whole:
				last = flag
			}
		case len(arg) > 1 && arg[0] == '-':
			for i, r := range arg[1:] {
				flag := set.ShorthandLookup(string(r))
				if flag == nil && r != 'h' {
					unknown(string(r), true)
					args = withoutNumber(rest)
					break // what follows may be its value
				}
				if flag != nil && flag.NoOptDefVal == "" {
					if i+1+len(string(r)) == len(arg) {
						last = flag
					}
					break // what follows is its value
				}
			}
		}
		if last == nil || last.NoOptDefVal != "" {
			continue
		}
		if len(rest) == 0 {
			mistakes = append(mistakes, needsValue(last))
			break
		}
		args = rest[1:]
	}
	return mistakes
}

// withoutNumber leaves out a number in front, which is the value of what is before it even
// if it is negative.
func withoutNumber(args []string) []string {
	if len(args) > 0 {
		if _, err := strconv.ParseFloat(args[0], 64); err == nil {
			return args[1:]
		}
	}
	return args
}

func needsValue(flag *pflag.Flag) error { return fmt.Errorf("--%s: needs a value", flag.Name) }

// unknownFlag says what to write instead of a flag that there is none of.
func unknownFlag(set *pflag.FlagSet, name string, short bool) error {
	dashed := "--" + name
	if short {
		dashed = "-" + name
	}
	hint := "--help shows all flags"
	if way := elsewhere[name]; way != "" && set.Lookup("headless") != nil { // of the test, not of a command
		hint = way
	} else if near := engine.Nearest(name, flagNames(set)); near != "" && !short {
		hint = "did you mean --" + near + "?"
	}
	return fmt.Errorf("unknown flag %s — %s", dashed, hint)
}

func flagNames(set *pflag.FlagSet) []string {
	var names []string
	set.VisitAll(func(flag *pflag.Flag) { names = append(names, flag.Name) })
	return names
}
