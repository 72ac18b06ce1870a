package web

import (
	"slices"
	"strings"

	"github.com/gregaria/gregaria/engine"
)

// Downloads are the files there are of a run.
type Downloads struct {
	Note  string // what of the reader's view they do not follow
	Files []File
}

// A File is something to download.
type File struct {
	Title, Text string
	For         string // what it is good for
	Name, Href  string
	Whole       string // why it is of the whole run, whatever window one looks at; "" when it follows
}

var files = []File{
	{"Report", "Everything the page says, as one HTML file that needs no other.",
		"To keep with a ticket or a release, to print, to send to who was not there.", "report.html", "stats/report?download=1", ""},
	{"Request statistics", "One line per method and name: counts, response times, percentiles and rates of the run, and their sum.",
		"To compare two runs row by row.", "requests.csv", "stats/requests/csv", ""},
	{"Full history", "The same numbers second by second, coarser the longer ago.",
		"To draw charts of your own.", "requests_full_history.csv", "stats/requests_full_history/csv", ""},
	{"Failures", "One line per kind of failed request: how many, and why.",
		"To count what is mended and what is left.", "failures.csv", "stats/failures/csv", ""},
	{"Exceptions", "One line per kind of error in a scenario, with its traceback.",
		"To mend the scenario.", "exceptions.csv", "exceptions/csv", ""},
	{"Parts of requests", "How long looking up hosts, connecting, waiting for the first byte and so on took, and groups of requests.",
		"To see where the time goes.", "phases.csv", "stats/phases/csv", ""},
	{"Health of the generator", "Step by step, whether Gregaria itself was in the way, and by what.",
		"To know how far the numbers can be trusted.", "health.csv", "stats/health/csv", ""},
	{"Everything as JSON", "The whole run by a schema with a version: configuration, verdict, health, checks, rows with all percentiles, failures, second by second.",
		"To judge a run in a script, or to keep it beside a build.", "report.json", "stats/report.json", "as its verdict and checks are"},
	{"Summary in Markdown", "Verdict, checks, busiest rows and failures on one screen.",
		"To put into a pull request.", "report.md", "stats/report.md", "as its verdict and checks are"},
	{"JUnit XML", "A test per check; without checks, one per row.",
		"To show in a CI system.", "report.xml", "stats/report.xml", "as its checks are"},
	{"HDR log", "The histogram of each second, in total and per row, as HdrHistogram's tools read it.",
		"To merge and plot distributions.", "report.hlog", "stats/report.hlog", "to be cut by the tools that read it"},
	{"Statistics as Locust answers", "Rows, failures, current percentiles, state, arrivals and health, as GET /stats/requests answers.",
		"For scripts written for Locust.", "requests.json", "stats/requests?download=1", "as Locust answers"},
}

// Files that only some runs have something for.
var (
	arrivalsFile = File{"Arrivals", "Step by step, how many tasks were due, started, completed, late and dropped.",
		"To see when the target fell behind.", "arrivals.csv", "stats/arrivals/csv", ""}
	serviceFile = File{"Service times", "The request statistics, of the times from when a request was sent, not from when it ought to have been.",
		"To tell a slow target from a late start.", "service.csv", "stats/service/csv", ""}
)

func newDownloads(s *engine.Status, q Query) *Downloads {
	d := &Downloads{Files: slices.Clone(files)}
	if s.Config.Model == engine.Open {
		d.Files = append(d.Files, arrivalsFile)
	}
	if s.Stats.Total.All().Lagged() {
		d.Files = append(d.Files, serviceFile)
	}
	if !q.Windowed() {
		for i := range d.Files {
			d.Files[i].Whole = ""
		}
		return d
	}
	d.Note = "You look at a part of the run. The files are of that time, but for those that say otherwise."
	for i, f := range d.Files {
		if f.Whole == "" {
			sign := "?"
			if strings.Contains(f.Href, "?") {
				sign = "&"
			}
			d.Files[i].Href += sign + Query{From: q.From, To: q.To}.Encode()
		}
	}
	return d
}
