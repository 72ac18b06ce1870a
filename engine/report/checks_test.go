package report

import (
	"strings"
	"testing"
)

func TestChecksTableIsFitForATerminal(t *testing.T) {
	if got := ChecksTable(nil, 80); got != "" {
		t.Errorf("ChecksTable of none = %q, want nothing", got)
	}
	golden(t, "checks.txt", ChecksTable([]CheckLine{
		{"GET /cart p95", "< 300ms", "212ms", "holds"},
		{"GET " + strings.Repeat("/long", 30) + " p99.9", "<= 1.5s", "2.25s", "broken"},
		{"GET /\x1b[31mred\u202e rps", ">= 100", "", "no data"},
		{"fail%", "< 1%", "0%", "holds"},
	}, 80))
}
