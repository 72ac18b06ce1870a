package web

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine"
)

// mixed is a run of scenarios by weight and by exact count, of which one has all there is
// of tasks.
func mixed() *engine.Status {
	s := status(engine.Running, 20, crowd)
	s.Users = 20
	s.Scenarios = []engine.Headcount{
		{Name: "reader", Users: 13, Weight: 3, Counts: []engine.TaskCount{
			{Name: "front", Share: 0.75, Begun: 740},
			{Name: "checkout", Share: 0.15, Begun: 160, Within: []engine.TaskCount{
				{Name: "cart", Share: 1, Step: true, Begun: 160}, {Name: "pay", Share: 1, Step: true, Begun: 120},
			}},
			{Name: "forum", Share: 0.10, Begun: 100, Within: []engine.TaskCount{
				{Name: "list", Share: 0.5, Chain: true, Begun: 700}, {Name: "thread", Share: 0.5, Chain: true, Begun: 300},
			}},
		}},
		{Name: "writer", Users: 5, Weight: 1, Counts: []engine.TaskCount{{Name: "write", Share: 1}}},
		{Name: "watcher", Users: 2, Weight: 1, Count: 2},
	}
	return s
}

func TestRatioSetsWhatIsBesideWhatOughtToBe(t *testing.T) {
	word := func(r *Ratio) string {
		var b strings.Builder
		for _, x := range r.Rows {
			fmt.Fprintf(&b, "%s%s [%s] %s/%s %s of all %s/%s, %s\n", strings.Repeat(" ", x.Depth), x.Name, x.Kind, x.Intended, x.Actual, x.Off, x.AllIntended, x.AllActual, x.Count)
		}
		return plainSpaces(b.String())
	}
	want := `reader [weight 3] 67.5/65.0 −2.5 of all /, 13 users
 front [] 75.0/74.0 −1.0 of all 50.6/48.1, 740
 checkout [] 15.0/16.0 +1.0 of all 10.1/10.4, 160
  cart [step 1] 100/100 ±0 of all 10.1/10.4, 160
  pay [step 2] 100/75.0 −25.0 of all 10.1/7.8, 120
 forum [] 10.0/10.0 ±0 of all 6.8/6.5, 100
  list [chain, in the long run] 50.0/70.0 +20.0 of all 3.4/4.5, 700
  thread [chain, in the long run] 50.0/30.0 −20.0 of all 3.4/1.9, 300
writer [weight 1] 22.5/25.0 +2.5 of all /, 5 users
 write [] 100/–  of all 22.5/–, 0
watcher [exactly 2 users] 10.0/10.0 ±0 of all /, 2 users
`
	if got := word(newRatio(mixed(), Query{})); got != want {
		t.Errorf("ratio =\n%s\nwant\n%s", got, want)
	}
	over := mixed()
	over.Users = 0
	for i := range over.Scenarios {
		over.Scenarios[i].Users, over.Scenarios[i].AtMost = 0, over.Scenarios[i].Users
	}
	if got := word(newRatio(over, Query{})); got != want {
		t.Errorf("after the run the ratio is that of when there were most users:\n%s\nwant\n%s", got, want)
	}
	if r := newRatio(&engine.Status{Scenarios: []engine.Headcount{{Name: "lone", Weight: 1}}}, Query{}).Rows[0]; r.Intended != "100" || r.Actual != "–" {
		t.Errorf("before the first user a lone scenario is %s/%s, want 100/–", r.Intended, r.Actual)
	}
}
