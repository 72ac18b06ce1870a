package web

import (
	"strings"
	"testing"
)

// rebuilt is a site of a program with something to say of its build.
func rebuilt(site Site, r Rebuild) Site {
	site.Rebuild = func() Rebuild { return r }
	return site
}

func TestGoldenWaiting(t *testing.T) {
	asset := func(name string) string { return "static/" + name }
	say := Rebuild{Title: "The program does not build yet " + hostile[0], Text: strings.Join(hostile, "\n")}
	compareGolden(t, "rebuild-waiting", render(t, Waiting("./", asset, say, "1abc")))
}

func TestALongComplaintOfACompilerIsCut(t *testing.T) {
	r := rebuilt(Site{}, Rebuild{Title: "x", Text: strings.Repeat("é", 30_000)}).rebuild()
	if n := len([]rune(r.Text)); n != 20_001 {
		t.Errorf("the page shows %d characters of 30,000, want 20,000 and an ellipsis", n)
	}
}
