package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// HistogramLog writes the history as an HdrHistogram interval log, whose comments say
// what else there is to know.
func HistogramLog(w io.Writer, s *engine.Status) error {
	comments := []string{
		fmt.Sprintf("Gregaria run %d, %s: %s: %s", s.Run, s.State, OutcomeOf(s), outcomeText(s)),
		"Scenarios: " + strings.Join(scenarioNames(s), ", ") + "; " + loadText(s.Config),
		"Load generator: " + HealthText(s.Stats.Health),
	}
	for _, c := range s.Checks {
		comments = append(comments, fmt.Sprintf("Check %s: %s: %s", c, HoldingOf(c), checkText(s, c)))
	}
	comments = append(comments, "Values are in µs. Without a tag: response times of all requests. Tags: rows; service: times from sending; failed: failed requests alone")
	for i := range comments {
		comments[i] = OneLine(comments[i])
	}
	return stats.WriteHistogramLog(w, s.Stats, s.History, comments...)
}
