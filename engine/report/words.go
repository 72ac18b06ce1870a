package report

import (
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// Millis words a duration in milliseconds in few characters: 0.04, 24.1, 1234.
func Millis(d time.Duration) string { return brief(d) }

// FailureText says in a line what failed and how: "GET /: status 500".
func FailureText(f stats.Failure) string {
	return oneShort(strings.TrimSpace(f.Method+" "+f.Name) + ": " + wording(f))
}

// ExceptionText says in a line what went wrong in a scenario.
func ExceptionText(e stats.Exception) string { return oneShort(e.Message) }
