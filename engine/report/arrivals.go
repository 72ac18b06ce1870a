package report

import (
	"fmt"
	"io"

	"github.com/gregaria/gregaria/engine/stats"
)

// ArrivalsText says in a line what became of the arrivals of the open model.
func ArrivalsText(a stats.Arrivals) string {
	return fmt.Sprintf("%d due, %d started (%d more than %s late), %d completed, %d dropped",
		a.Due, a.Started, a.Late, stats.LateAfter, a.Completed, a.Dropped)
}

// NewArrivals returns a Log of the open model's arrivals and writes the header to w.
// "Target" is the arrivals per second that were planned.
func NewArrivals(w io.Writer) (*Log, error) {
	return newLog(w, []string{
		"Timestamp", "Target", "User Count", "Due", "Started", "Completed", "Late", "Dropped",
	}, func(second string, d stats.Delta) []string {
		a := d.Arrivals
		return []string{
			second, thousandths(d.Target), whole(int64(d.Users)),
			whole(a.Due), whole(a.Started), whole(a.Completed), whole(a.Late), whole(a.Dropped),
		}
	})
}
