package cli

import (
	"strings"

	"github.com/gregaria/gregaria/engine"
)

// addChecks adds the flags of what a run is held to, which by default is what the program
// has.
func (f *flags) addChecks(standard []string) {
	f.group("Checks (exit status 99 when one does not hold)")
	usage := "hold the run to this, once per check: 'GET /cart p95 < 300ms', 'fail% < 1', 'rps >= 100'; all methods or all requests when left out; none for no check"
	if len(standard) > 0 {
		usage += "; instead of the program's own"
	}
	f.value("check", "", "CHECK", strings.Join(standard, "\n"), usage)
	f.several("check")
	f.value("check-stop", "", "TIME", "", "stop the run when a check has been broken for so long; by default a breach is noted and the run goes on")
	f.value("check-warmup", "", "TIME", "", "leave this much of the beginning out")
}

// readChecks reads what the run is held to.
func (f *flags) readChecks(c *engine.Config) {
	texts := f.given["check"].texts
	for _, text := range texts {
		if strings.TrimSpace(text) == "" {
			f.wrong("--check: is empty — write for example --check 'fail%% < 1', or none for no check at all")
		}
	}
	if len(texts) == 0 {
		texts = []string{f.given["check"].standard}
	}
	for _, text := range texts {
		if strings.TrimSpace(text) == "none" && len(texts) == 1 {
			break
		}
		list, err := engine.ParseChecks(text)
		if err != nil {
			f.mistakes = append(f.mistakes, err)
		}
		c.Checks = append(c.Checks, list...)
	}
	c.CheckStop = read(f, "check-stop", engine.ParseCheckStop)
	c.CheckWarmup = read(f, "check-warmup", engine.ParseCheckWarmup)
	if c.CheckStop > 0 && len(c.Checks) == 0 && f.has("check-stop") {
		f.wrong("--check-stop: needs --check, which says what the run is held to")
	}
}
