package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/stats"
)

// The JUnit format as Jenkins, GitLab and others read it.
type (
	junitSuites struct {
		XMLName xml.Name `xml:"testsuites"`
		Name    string   `xml:"name,attr"`
		junitCounts
		Time   string       `xml:"time,attr"`
		Suites []junitSuite `xml:"testsuite"`
	}
	junitCounts struct {
		Tests    int `xml:"tests,attr"`
		Failures int `xml:"failures,attr"`
		Errors   int `xml:"errors,attr"`
		Skipped  int `xml:"skipped,attr"`
	}
	junitSuite struct {
		Name string `xml:"name,attr"`
		junitCounts
		Time       string          `xml:"time,attr"`
		Timestamp  string          `xml:"timestamp,attr,omitempty"`
		Hostname   string          `xml:"hostname,attr"`
		Properties []junitProperty `xml:"properties>property"`
		Cases      []junitCase     `xml:"testcase"`
		Out        string          `xml:"system-out,omitempty"`
	}
	junitProperty struct {
		Name  string `xml:"name,attr"`
		Value string `xml:"value,attr"`
	}
	junitCase struct {
		Class   string        `xml:"classname,attr"`
		Name    string        `xml:"name,attr"`
		Time    string        `xml:"time,attr"`
		Skipped *junitSkipped `xml:"skipped"`
		Error   *junitResult  `xml:"error"`
		Failure *junitResult  `xml:"failure"`
		Out     string        `xml:"system-out,omitempty"`
	}
	junitSkipped struct {
		Message string `xml:"message,attr"`
	}
	junitResult struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr"`
		Text    string `xml:",chardata"`
	}
)

// JUnit writes a run as tests for a CI system, one of which fails whenever the run does. A
// suite has a test per check, where there are checks. The next has one per row, which
// fails when one of its requests did, and one that fails when a scenario had exceptions;
// further ones where nothing was answered, or could not be sent. The last suite is of the
// load generator: when that was the bottleneck, the test has an error, and what the others
// say may not be the target's.
func JUnit(w io.Writer, s *engine.Status) error { return Lenience{}.junit(w, s) }

// junit is JUnit, in which tests that l lets pass are skipped instead of failing.
func (l Lenience) junit(w io.Writer, s *engine.Status) error {
	hostname, err := os.Hostname()
	if err != nil {
		hostname = "localhost"
	}
	if _, err := io.WriteString(w, xml.Header); err != nil {
		return err
	}
	e := xml.NewEncoder(w)
	e.Indent("", "  ")
	if err := e.Encode(l.newJUnit(s, hostname)); err != nil {
		return err
	}
	_, err = io.WriteString(w, "\n")
	return err
}

func (l Lenience) newJUnit(s *engine.Status, hostname string) junitSuites {
	all := junitSuites{Name: "gregaria", Time: junitTime(s.Elapsed())}
	var suites []junitSuite
	if len(s.Checks) > 0 {
		suite := junitSuite{Name: "checks"}
		for _, c := range s.Checks {
			suite.Cases = append(suite.Cases, checkCase(s, c))
		}
		suites = append(suites, suite)
	}
	suites = append(suites, junitSuite{Name: "requests", Cases: requestCases(s)}, junitSuite{Name: "generator", Cases: []junitCase{generatorCase(s)}})
	suites[0].Properties = junitProperties(s)
	suites[0].Out = OneLine(fmt.Sprintf("%s: %s", l.outcomeOf(s), l.text(s))) + failuresOut(s)
	for _, suite := range suites {
		suite.Hostname, suite.Time = hostname, junitTime(s.Elapsed())
		if !s.Started.IsZero() {
			suite.Timestamp = s.Started.UTC().Format("2006-01-02T15:04:05")
		}
		for i := range suite.Cases {
			suite.Cases[i].Class = "gregaria." + suite.Name
			switch {
			case suite.Name == "requests" && l.Failures:
				suite.Cases[i].pass(failuresPass)
			case suite.Name == "generator" && l.Generator:
				suite.Cases[i].pass(generatorPass)
			}
			suite.count(suite.Cases[i])
		}
		all.Tests += suite.Tests
		all.Failures += suite.Failures
		all.Errors += suite.Errors
		all.Skipped += suite.Skipped
		all.Suites = append(all.Suites, suite)
	}
	return all
}

func (s *junitSuite) count(c junitCase) {
	s.Tests++
	switch {
	case c.Failure != nil:
		s.Failures++
	case c.Error != nil:
		s.Errors++
	case c.Skipped != nil:
		s.Skipped++
	}
}

// pass makes a test that does not hold one that is skipped, which says why.
func (j *junitCase) pass(why string) {
	for _, result := range []**junitResult{&j.Failure, &j.Error} {
		if r := *result; r != nil {
			j.Skipped, j.Out = &junitSkipped{r.Message + "; " + why}, r.Text
			*result = nil
		}
	}
}

func checkCase(s *engine.Status, c engine.CheckStatus) junitCase {
	j := junitCase{Name: OneLine(c.String()), Time: junitTime(0)}
	switch HoldingOf(c) {
	case Holds:
		j.Out = OneLine(checkText(s, c))
	case Breaks:
		j.Failure = &junitResult{OneLine(c.String() + ": " + c.Say(c.Run.Value)), "check", OneLine(checkText(s, c))}
	case NoData:
		j.Failure = &junitResult{"there was no such request", "check", "a name that is mistyped, or requests that were never made"}
	case Pending:
		j.Skipped = &junitSkipped{"the run is not over: " + OneLine(checkText(s, c))}
	}
	return j
}

// requestCases returns a test per row, whose time is the average, and further ones of what
// is in no row.
func requestCases(s *engine.Status) (list []junitCase) {
	kinds := map[stats.Key][]stats.FailureLine{}
	for _, f := range s.Stats.Failures {
		key := stats.Key{Method: f.Method, Name: f.Name}
		kinds[key] = append(kinds[key], f)
	}
	for _, l := range s.Stats.Rows {
		j := junitCase{Name: OneLine(strings.TrimSpace(l.Method + " " + l.Name)), Time: junitTime(response(l.Row).Mean())}
		if l.Failures() > 0 {
			var lines []string
			for _, f := range kinds[l.Key] {
				if !f.Ours {
					lines = append(lines, fmt.Sprintf("%d × %s", f.Count, OneLine(wording(f.Failure))))
				}
			}
			j.Failure = &junitResult{
				fmt.Sprintf("%d of %s failed", l.Failures(), plural(l.Requests(), "request", "requests")), "request", strings.Join(lines, "\n"),
			}
		}
		list = append(list, j)
	}
	scenarios := junitCase{Name: "scenarios have no exceptions", Time: junitTime(0)}
	if n := exceptions(s); n > 0 {
		var lines []string
		for _, e := range s.Stats.Exceptions {
			lines = append(lines, fmt.Sprintf("%d × %s\n%s", e.Count, OneLine(e.Message), escape(e.Stack, "\n\t")))
		}
		scenarios.Failure = &junitResult{plural(n, "exception", "exceptions"), "exception", strings.Join(lines, "\n")}
	}
	list = append(list, scenarios)
	if n := s.Stats.Unsent(); n > 0 {
		var lines []string
		for _, f := range s.Stats.Failures {
			if f.Ours {
				lines = append(lines, fmt.Sprintf("%d × %s: %s", f.Count, OneLine(f.Method+" "+f.Name), OneLine(wording(f.Failure))))
			}
		}
		list = append(list, junitCase{Name: "all requests are sent", Time: junitTime(0),
			Failure: &junitResult{plural(n, "request", "requests") + " could not be sent", "request", strings.Join(lines, "\n")}})
	}
	if s.Run > 0 && s.State == engine.Stopped && s.Stats.Total.Requests() == 0 {
		list = append(list, junitCase{Name: "answers", Time: junitTime(0),
			Error: &junitResult{"no request was answered", "requests", "nothing was tested"}})
	}
	return list
}

// failuresOut lists what failed.
func failuresOut(s *engine.Status) string {
	var b strings.Builder
	for _, f := range s.Stats.Failures {
		fmt.Fprintf(&b, "\n%d × %s: %s", f.Count, OneLine(f.Method+" "+f.Name), OneLine(wording(f.Failure)))
	}
	return b.String()
}

func generatorCase(s *engine.Status) junitCase {
	j := junitCase{Name: "load generator keeps up", Time: junitTime(0)}
	text := HealthText(s.Stats.Health)
	switch h := s.Stats.Health; {
	case h.Spoils():
		j.Error = &junitResult{"the load generator was the bottleneck: the times say more of it than of the target", "generator", text}
	case h.Verdict() == stats.Unknown:
		j.Skipped = &junitSkipped{"nothing was measured"}
	default:
		j.Out = text
	}
	return j
}

func junitProperties(s *engine.Status) []junitProperty {
	list := []junitProperty{
		{"outcome", string(OutcomeOf(s))}, {"state", string(s.State)}, {"reason", OneLine(s.Reason)},
		{"scenarios", OneLine(strings.Join(scenarioNames(s), ", "))}, {"load", OneLine(loadText(s.Config))},
		{"host", OneLine(strings.Join(hosts(s), ", "))}, {"seed", strconv.FormatUint(s.Config.Seed, 10)},
		{"requests", whole(s.Stats.Total.Requests())}, {"failures", whole(s.Stats.Total.Failures())},
	}
	all := response(s.Stats.Total.Row)
	if all.Count > 0 {
		for _, p := range []float64{50, 95, 99, 100} {
			list = append(list, junitProperty{"p" + strconv.FormatFloat(p, 'f', -1, 64) + "_ms", millis(all.Percentile(p))})
		}
	}
	return list
}

// junitTime words a time in seconds.
func junitTime(d time.Duration) string {
	return strconv.FormatFloat(math.Round(d.Seconds()*1e6)/1e6, 'f', -1, 64)
}
