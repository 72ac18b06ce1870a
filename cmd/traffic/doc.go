// Package traffic turns recorded traffic and descriptions of APIs into scenarios in Go:
// browsers' HAR exports, curl commands and OpenAPI files.
//
// Traffic becomes [exchange]s. Those that belong to the target are kept and become
// [call]s: ids in paths are grouped, values of earlier answers are carried, secrets
// become parameters. A [script] of calls is written as a scenario and as a test, which
// plays it against the answers that were recorded.
//
// All that is read was written by others. Names become identifiers letter by letter,
// texts are quoted, comments are one line of printable characters, and what is written
// was parsed again by go/format.
package traffic

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Options say what to make.
type Options struct {
	Name     string // of the scenario; "" takes one from what is read
	Package  string // of the Go files; "" is scenarios
	Static   bool   // keep pictures, styles, scripts and fonts
	AllHosts bool   // keep requests to other sites
	Beside   Beside // what the package of the Go files has already
}

// A Result is a scenario in Go, with its test.
type Result struct {
	Name     string   // of the scenario
	File     string   // a name for it, without .go
	Variable string   // that holds the scenario
	Scenario []byte   // Go
	Test     []byte   // Go
	Notes    []string // what was left out or has to be done by hand
	Secrets  []string // variables of the environment to set before a run
}

// Most is how many bytes a file may have, and mostCalls how many requests become a scenario.
const (
	Most      = 256 << 20
	mostCalls = 2000
)

// NameOf returns a name for the scenario that is made of a file.
func NameOf(file string) string {
	base := filepath.Base(file)
	if file == "-" || base == "." || base == string(filepath.Separator) {
		return "traffic"
	}
	name, _, _ := strings.Cut(base, ".")
	return name
}

// notes are what the reader of a scenario ought to know, each once.
type notes struct{ all []string }

func (n *notes) add(format string, args ...any) {
	text := oneLine(mask(fmt.Sprintf(format, args...), "…"))
	for _, old := range n.all {
		if old == text {
			return
		}
	}
	if len(n.all) < 100 {
		n.all = append(n.all, text)
	}
}
