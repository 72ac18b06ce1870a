package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/report"
	"github.com/gregaria/gregaria/server"
)

// A reportFile is a file that is made of a run when it is over.
type reportFile struct {
	flag, path string // in which {u}, {r} and {t} stand for values of the run
	planned    string // path, by what the flags say of the run
	write      func(io.Writer, *engine.Status) error
	appended   bool // the file is one that others write to as well
}

// addReports adds the flags of files that are made of a run when it is over.
func (f *flags) addReports() {
	f.value("report", "", "FILE", "", "write the run to this file when it is over; its ending says how: "+series(endings())+"; or what stands before it, as in md:FILE; may be given several times")
	f.several("report")
	f.value("html", "", "FILE", "", "write the run to this file as HTML; {u}, {r} and {t} in names stand for users at the peak, spawn rate (with arrivals, both are arrivals per second) and run time in seconds")
	f.toggle("json", "", "print Locust's list of rows as JSON at the end; tables go to stderr")
	f.value("json-file", "", "FILE", "", "write Locust's list of rows to this file; .json is appended where it lacks")
	f.toggle("report-schema", "", "print the JSON Schema of --report FILE.json and exit")
}

// htmlEnding is the ending of the reports that are made by the server.
const htmlEnding = ".html"

// formats are what --report makes files of.
func formats(l report.Lenience) []report.Format {
	return append(l.Formats(), report.Format{Ending: htmlEnding, Kind: "text/html", Write: writeHTML})
}

func endings() []string {
	var list []string
	for _, f := range formats(report.Lenience{}) {
		list = append(list, f.Ending)
	}
	return list
}

// summaryVariable names the file whose Markdown GitHub shows below a job. All that a step
// writes to it is shown, so nothing must be replaced.
const summaryVariable = "GITHUB_STEP_SUMMARY"

// formatOf returns what a report shall be, by what stands before its path or by its
// ending, and the path; nil when neither says it.
func formatOf(text string, l report.Lenience) (*report.Format, string) {
	list := formats(l)
	is := func(ending string) *report.Format {
		for i := range list {
			if list[i].Ending == ending {
				return &list[i]
			}
		}
		return nil
	}
	if name, path, ok := strings.Cut(text, ":"); ok && path != "" {
		if f := is("." + strings.ToLower(name)); f != nil {
			return f, path
		}
	}
	return is(strings.ToLower(filepath.Ext(text))), text
}

func writeHTML(w io.Writer, s *engine.Status) error {
	return server.WriteReport(context.Background(), w, s)
}

// readReports returns the files that the flags ask for, of runs as c has them.
func (f *flags) readReports(c engine.Config, codes codes, env Env) []reportFile {
	var list []reportFile
	summary := ""
	if env.Lookup != nil {
		summary, _ = env.Lookup(summaryVariable)
	}
	add := func(flag, path string, write func(io.Writer, *engine.Status) error) {
		r := reportFile{flag, path, named(path, c, c.RunTime), write, summary != "" && path == summary}
		if path == "-" {
			f.wrong("--%s: - is no file — name one", flag)
			return
		}
		if i := slices.IndexFunc(list, func(other reportFile) bool { return filepath.Clean(other.planned) == filepath.Clean(r.planned) }); i >= 0 {
			f.wrong("--%s: %s is written by --%s already — choose another name", flag, r.planned, list[i].flag)
			return
		}
		list = append(list, r)
	}
	for _, text := range f.given["report"].texts {
		if text == "" {
			continue
		}
		format, path := formatOf(text, codes.lenience())
		if format == nil {
			f.wrong("--report: %q does not say what it shall be — let it end in %s, or write for example md:%s", text, series(endings()), text)
			continue
		}
		add("report", path, format.Write)
	}
	if path := f.only("html"); path != "" {
		add("html", path, writeHTML)
	}
	if path := f.only("json-file"); path != "" {
		if !strings.HasSuffix(path, ".json") && path != "-" {
			path += ".json"
		}
		add("json-file", path, report.LocustJSON)
	}
	return list
}

// only returns the value of a flag that names one file. Of two it would be a pity to lose
// one.
func (f *flags) only(name string) string {
	if texts := f.given[name].texts; len(texts) > 1 {
		f.wrong("--%s: there are %d files, and only one is written — leave out all but one", name, len(texts))
	}
	return f.last(name)
}

// lenience returns what reports let pass, so that they agree with the exit status.
func (c codes) lenience() report.Lenience {
	return report.Lenience{Failures: c.failed == 0, Generator: c.invalid == 0}
}

// adds reports whether a report leaves what is at path where it is.
func (f reportFile) adds(path string) bool { return f.appended || report.IsStream(path) }

// of returns the path of the file for the run of s.
func (f reportFile) of(s *engine.Status) string {
	took := s.Config.RunTime
	if took <= 0 {
		took = s.Elapsed().Round(time.Second)
	}
	return named(f.path, s.Config, took)
}

// named puts what c says in place of {u}, {r} and {t} in the name of a file: users at the
// peak, users started per second, and the run time in seconds, unless that is not known.
// With arrivals both {u} and {r} are arrivals per second at the peak.
func named(path string, c engine.Config, took time.Duration) string {
	number := func(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }
	values := []string{"{u}", number(c.Peak()), "{r}", number(c.SpawnRate)}
	if c.Model == engine.Open {
		values = []string{"{u}", number(c.Peak()), "{r}", number(c.Peak())}
	}
	if took > 0 {
		values = append(values, "{t}", number(took.Seconds()))
	}
	return strings.NewReplacer(values...).Replace(path)
}

// Reports write files of each run when it is over, those of a later run in place of
// those of an earlier one. See faults for what becomes of the writing when it fails.
type reports struct {
	files  []reportFile
	faults *faults
	write  func(path string, write func(io.Writer) error) error

	written *engine.Status // that the files are of
	added   map[string]int // the runs whose reports stand at the end of what cannot be replaced
	retry   time.Time      // when to write again
}

// newReports returns the files, or what keeps them from being written.
func newReports(files []reportFile, faults *faults) (*reports, error) {
	var errs []error
	for _, f := range files {
		if err := report.Writable(f.planned); err != nil {
			errs = append(errs, fmt.Errorf("--%s: %w", f.flag, folderMissing(err)))
		}
	}
	return &reports{files: files, faults: faults, write: report.WriteFile, added: map[string]int{}}, errors.Join(errs...)
}

const reportsName = "report files"

// update writes the files when the run of s is over.
func (r *reports) update(s *engine.Status) {
	now := r.faults.now()
	if len(r.files) == 0 || s.State != engine.Stopped || r.written != nil && r.written.Run == s.Run || now.Before(r.retry) {
		return
	}
	if err := r.save(s); err != nil {
		r.retry = now.Add(retryAfter)
		r.faults.failed(reportsName, err)
		return
	}
	r.retry = time.Time{}
	r.faults.worked(reportsName)
}

// finish writes the files of s, the last status, unless they are written.
func (r *reports) finish(s *engine.Status) error {
	if s.Run == 0 || r.written == s {
		return nil
	}
	if err := r.save(s); err != nil {
		return prefixed(reportsName, err)
	}
	return nil
}

// save writes every file that can be written. What is added to what others write is so
// once a run, however often it is tried for the sake of another file.
func (r *reports) save(s *engine.Status) error {
	var errs []error
	for _, f := range r.files {
		path, write := f.of(s), r.write
		added := f.adds(path)
		if added {
			if r.added[path] == s.Run {
				continue
			}
			write = report.AppendFile
		}
		err := write(path, func(w io.Writer) error { return f.write(w, s) })
		if added && err == nil {
			r.added[path] = s.Run
		}
		errs = append(errs, err)
	}
	err := errors.Join(errs...)
	if err == nil {
		r.written = s
	}
	return err
}

// tables returns where tables are printed.
func (p *program) tables() io.Writer {
	if p.opts.json {
		return p.Stderr
	}
	return p.Stdout
}

// conclude prints what came of the last run. A reader who went away misses nothing.
func (p *program) conclude(s *engine.Status) error {
	_, err := io.WriteString(p.tables(), summary(s, p.Width()))
	if p.opts.json {
		err = report.LocustJSON(p.Stdout, s)
	}
	if err != nil && !errors.Is(err, syscall.EPIPE) {
		return fmt.Errorf("print the results: %w", err)
	}
	return nil
}

// prefixed says of each error that err is made of what it is about.
func prefixed(what string, err error) error {
	var list []error
	for _, e := range each(err) {
		list = append(list, fmt.Errorf("%s: %w", what, e))
	}
	return errors.Join(list...)
}
