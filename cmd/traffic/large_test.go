package traffic

import (
	"fmt"
	"strings"
	"testing"
)

func TestOneEntryThatIsOddIsLeftOut(t *testing.T) {
	t.Parallel()
	const good = `{"request":{"method":"GET","url":"http://h.test/z"},"response":{"status":200}}`
	got, err := HAR([]byte(`{"log":{"entries":[{"time":"soon"},`+good+`]}}`), Options{Name: "x"})
	if err != nil || !strings.Contains(string(got.Scenario), `u.Get("/z")`) || !strings.Contains(fmt.Sprint(got.Notes), "entry 1 is left out: its time is a JSON string") {
		t.Errorf("of an entry with a time that is no number: %v, %+v", err, got)
	}
}

func TestNamesAreNumberedInOrder(t *testing.T) {
	t.Parallel()
	s := scope{"x7": true}
	var got []string
	for range 8 {
		got = append(got, s.name("x"))
	}
	seen := map[string]bool{}
	for _, name := range got {
		if seen[name] || name == "x7" {
			t.Errorf("x is named %v: %s twice", got, name)
		}
		seen[name] = true
	}
	s = scope{}
	for i := range 1000 {
		if got, want := s.name("load"), fmt.Sprint("load", i+2); got != want {
			t.Fatalf("load is named %s, want %s", got, want)
		}
	}
}

func TestMemoryHoldsTheLatest(t *testing.T) {
	t.Parallel()
	m := memory{held: map[string]*carried{}}
	used := &carried{value: "used", uses: []*call{{}}}
	m.hold(used)
	for i := range 2 * mostHeld {
		m.hold(&carried{value: fmt.Sprint("v", i)})
	}
	if len(m.held) != mostHeld+1 || m.held["used"] != used || m.held["v0"] != nil || m.held[fmt.Sprint("v", 2*mostHeld-1)] == nil {
		t.Errorf("%d values are held, want the latest %d and the one in use", len(m.held), mostHeld)
	}
}
