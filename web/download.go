package web

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
}

var files = []File{
	{"Report", "Everything the page says, as one HTML file that needs no other.",
		"To keep with a ticket or a release, to print, to send to who was not there.", "report.html", "/stats/report?download=1"},
	{"Request statistics", "One line per method and name: counts, response times, percentiles and rates of the whole run, and their sum.",
		"To compare two runs row by row.", "requests.csv", "/stats/requests/csv"},
	{"Full history", "The same numbers second by second, coarser the longer ago.",
		"To draw charts of your own.", "requests_full_history.csv", "/stats/requests_full_history/csv"},
	{"Failures", "One line per kind of failed request: how many, and why.",
		"To count what is mended and what is left.", "failures.csv", "/stats/failures/csv"},
	{"Exceptions", "One line per kind of error in a scenario, with its traceback.",
		"To mend the scenario.", "exceptions.csv", "/exceptions/csv"},
	{"Everything as JSON", "The whole run by a schema with a version: configuration, verdict, health, checks, rows with all percentiles, failures, second by second.",
		"To judge a run in a script, or to keep it beside a build.", "report.json", "/stats/report.json"},
	{"Summary in Markdown", "Verdict, checks, busiest rows and failures on one screen.",
		"To put into a pull request.", "report.md", "/stats/report.md"},
	{"JUnit XML", "A test per check; without checks, one per row.",
		"To show in a CI system.", "report.xml", "/stats/report.xml"},
	{"HDR log", "The histogram of each second, in total and per row, as HdrHistogram's tools read it.",
		"To merge and plot distributions.", "report.hlog", "/stats/report.hlog"},
	{"Statistics as Locust answers", "Rows, failures, current percentiles, state, arrivals and health, as GET /stats/requests answers.",
		"For scripts written for Locust.", "requests.json", "/stats/requests?download=1"},
}

func newDownloads(q Query) *Downloads {
	d := &Downloads{Files: files}
	if q.Windowed() {
		d.Note = "You look at a part of the run. The files are of the whole run."
	}
	return d
}
