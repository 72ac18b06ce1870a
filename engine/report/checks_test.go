package report

import (
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/checks"
)

func TestChecksTableIsFitForATerminal(t *testing.T) {
	if got := ChecksTable(nil, "", 80); got != "" {
		t.Errorf("ChecksTable of none = %q, want nothing", got)
	}
	golden(t, "checks.txt", ChecksTable([]CheckLine{
		{"GET /cart p95", "< 300ms", "212ms", "holds"},
		{"GET " + strings.Repeat("/long", 30) + " p99.9", "<= 1.5s", "2.25s", "broken"},
		{"GET /\x1b[31mred\u202e rps", ">= 100", "", "no data"},
		{"fail%", "< 1%", "0%", "holds"},
	}, "in the whole run", 80))
}

func TestChecksSayThatTheWarmUpIsLeftOut(t *testing.T) {
	s := &engine.Status{State: engine.Stopped}
	s.Config.CheckWarmup = time.Second
	c := engine.CheckStatus{Run: checks.Result{Known: true, OK: true}}
	const want = "after 1s of warm-up"
	if got := checkText(s, c); !strings.HasSuffix(got, want) {
		t.Errorf("checkText = %q, want %q at the end", got, want)
	}
	if got := ChecksTable([]CheckLine{{Check: "p95"}}, Judged(s.Config), 80); !strings.HasPrefix(got, "Checks, "+want) {
		t.Errorf("ChecksTable = %q, want %q in its title", got, want)
	}
}
