package web

import (
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/stats"
)

// lineOf is a row with some samples of a time, some of which fail.
func lineOf(method, name string, ok, failed int, took time.Duration, status int) stats.Line {
	recorder := stats.NewRecorder(began)
	shard := recorder.Shard(0)
	for range ok {
		shard.Record(stats.Sample{Method: method, Name: name, Took: took, Bytes: 2000, Status: 200})
	}
	for range failed {
		shard.Record(stats.Sample{Method: method, Name: name, Took: 2 * took, Status: status, Problem: &stats.Problem{Format: "x"}})
	}
	d := recorder.Drain(began.Add(time.Second), stats.Gauges{})
	return stats.Line{Row: d.Rows[0], Rate: float64(ok + failed), FailRate: float64(failed)}
}

func TestFilterPicksRows(t *testing.T) {
	cart := lineOf("GET", "/Cart/{id}", 90, 10, 200*time.Millisecond, 404)
	pay := lineOf("POST", "/pay now", 200, 0, 20*time.Millisecond, 0)
	for text, want := range map[string]string{
		"":                          "cart pay",
		"  ":                        "cart pay",
		"cart":                      "cart",
		"CART get":                  "cart",
		"get pay":                   "",
		`"pay now"`:                 "pay",
		`"now pay"`:                 "",
		"pay now":                   "pay",
		"/":                         "cart pay",
		`""`:                        "cart pay",
		"fail>0":                    "cart",
		"fails = 10":                "cart",
		"fail=0":                    "pay",
		"fail%>=10":                 "cart",
		"fail%>10%":                 "",
		"FAIL%>9.9":                 "cart",
		"requests>100":              "pay",
		"requests>=100":             "cart pay",
		"requests>0.1k":             "pay",
		"rps<150/s":                 "cart",
		"fps>9":                     "cart",
		"p95>300ms":                 "cart",
		"p95>0.3s":                  "cart",
		"p95>.3s":                   "cart",
		"p95=400":                   "cart",
		"p50<=20ms":                 "pay",
		"median<=20000us":           "pay",
		"p97.5>300 fail>0":          "cart",
		"max<1m":                    "cart pay",
		"avg!=20ms":                 "cart",
		"size>=2kB":                 "pay",
		"status=404":                "cart",
		"status=4xx":                "cart",
		"status>=400":               "cart",
		"status=200":                "cart pay",
		"status!=200":               "cart",
		"status<300":                "cart pay",
		"method=get":                "cart",
		"method!=GET":               "pay",
		"type~OS":                   "pay",
		"name~cart":                 "cart",
		`name="/pay now"`:           "pay",
		`name = "/pay now"`:         "pay",
		"fail>0 fail<5":             "",
		"/search?q=1":               "",
		"a >b":                      "problem: lacks what it is about",
		"colour>3":                  "problem: “colour>3” is about nothing",
		">3":                        "problem: “>3” lacks what it is about",
		"fail>":                     "problem: “fail>” lacks a number",
		"fail>x":                    "problem: “fail>x” lacks a number — write for example requests>100",
		"p95>300parsecs":            "problem: “p95>300parsecs” lacks a number — write for example p95>300ms",
		"p101>3":                    "problem: “p101>3” is about nothing",
		"fail=>3":                   "problem: “fail=>3” is no comparison",
		"p95~3":                     "problem: “p95~3” looks for a text in a number",
		"name>x":                    "problem: “name>x” compares a text",
		"name=":                     "problem: “name=” lacks a text",
		`pay "now`:                  "problem: “\"now” lacks the quote",
		"status=ok":                 "problem: “status=ok” is about no status",
		"x fail>0 <b>":              "problem: “<b>” lacks what it is about",
		"fail>" + "\u202e":          `problem: “fail>\u202e” lacks a number`,
		"rps>1e400":                 "problem: “rps>1e400” lacks a number",
		"rps>" + repeated("9", 400): "problem: “rps>9999",
	} {
		f, problem := parseFilter(text)
		got := "problem: " + problem
		if problem == "" {
			var picked []string
			for i, l := range []stats.Line{cart, pay} {
				if f.matches(&entry{Line: &l, of: OfAll, span: time.Second}) {
					picked = append(picked, []string{"cart", "pay"}[i])
				}
			}
			if got = strings.Join(picked, " "); got == want {
				continue
			}
		} else if rest, ok := strings.CutPrefix(want, "problem: "); ok && strings.Contains(problem, rest) {
			continue
		}
		t.Errorf("filter %q picks %q, want %q", text, got, want)
	}
}

func repeated(s string, n int) string { return strings.Repeat(s, n) }

// A row without a sample that counts has no times to compare.
func TestNoTimesAreNeitherShortNorLong(t *testing.T) {
	fine := lineOf("GET", "/", 5, 0, time.Millisecond, 0)
	for _, text := range []string{"p95<1s", "p95>=0", "p95!=3", "avg=0"} {
		f, problem := parseFilter(text)
		if problem != "" || f.matches(&entry{Line: &fine, of: OfFailed}) {
			t.Errorf("filter %q of failed requests picks a row without any; problem %q", text, problem)
		}
	}
}

// FuzzFilter: whatever is typed gives a filter or one message, on one line and not long.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{"", "fail>0 p95>300ms", `"two words" name~x`, "status=4xx", ">", `"`, "p99.99>=1", "a\x00b", "fail%>=1"} {
		f.Add(seed)
	}
	row := lineOf("GET", "/", 3, 1, time.Millisecond, 500)
	f.Fuzz(func(t *testing.T, text string) {
		picks, problem := parseFilter(text)
		if problem != "" && !picks.all() {
			t.Errorf("parseFilter(%q) gives a filter beside the problem %q", text, problem)
		}
		if len(problem) > 1000 || problem != line(problem) {
			t.Errorf("parseFilter(%q) says %q, want it short and on one line", text, problem)
		}
		picks.matches(&entry{Line: &row, of: OfAll, span: time.Second})
	})
}
