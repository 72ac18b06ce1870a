package terminal

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/report"
	"github.com/gregaria/gregaria/engine/stats"
)

// A look is everything that is shown at one moment.
type look struct {
	status        *engine.Status
	width, height int    // of the terminal
	note          string // about the latest key; "" for none
	keys          bool   // there is a keyboard
	help          bool   // say what all keys do
}

// A block is a part of the view.
type block struct {
	rank        int  // who gets lines first
	least, most int  // lines; it is left out when there is no room for the least
	good        int  // lines with which it is of use
	apart       bool // an empty line stands before it, if there is room
	lines       func(n int) []string
}

// draw returns the view as lines, all narrower than the terminal, and fewer than it has.
func draw(l look) []string {
	s, width := l.status, max(1, l.width-1)
	blocks := []block{
		fixed(0, false, head(s, width)),
		fixed(1, true, tiles(s, width, l.height)),
		fixed(7, false, trend(s, width)),
		requests(s, width),
		failures(s.Stats),
		exceptions(s.Stats),
		judged(s.Checks),
		fixed(3, true, generator(s)),
		fixed(2, false, l.foot(width)),
	}
	var lines []string
	got, airy := share(blocks, l.height-1)
	for i, n := range got {
		if n == 0 {
			continue
		}
		if airy && blocks[i].apart && len(lines) > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, blocks[i].lines(n)...)
	}
	for i := range lines {
		lines[i] = cut(lines[i], width)
	}
	return lines
}

// fixed is a block of lines that are all shown as far as there is room.
func fixed(rank int, apart bool, lines []string) block {
	return block{rank, len(lines), len(lines), 0, apart, func(n int) []string { return lines[:n] }}
}

// share says how many of so many lines each block gets, and whether there is room for
// empty ones between them: not where something would be missed for it.
func share(blocks []block, lines int) (got []int, airy bool) {
	got = deal(blocks, lines, 1)
	for i, b := range blocks {
		if got[i] < min(b.most, b.good) {
			return deal(blocks, lines, 0), false
		}
	}
	return got, true
}

// deal gives each block its least by rank, and then what is left, by rank as well. Before
// a block that stands apart there is a gap.
func deal(blocks []block, left, gap int) []int {
	got := make([]int, len(blocks))
	order := make([]int, len(blocks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(blocks[a].rank, blocks[b].rank) })
	for _, i := range order {
		b := blocks[i]
		need := b.least
		if b.apart {
			need += gap
		}
		if b.most > 0 && need <= left {
			got[i] = b.least
			left -= need
		}
	}
	for _, i := range order {
		if got[i] > 0 {
			more := min(blocks[i].most-got[i], left)
			got[i] += more
			left -= more
		}
	}
	return got
}

// head says where the run is.
func head(s *engine.Status, width int) []string {
	state := strong(string(s.State))
	if s.State == engine.Spawning || s.State == engine.Running {
		state = accent("●") + " " + state
	}
	line := state + "  " + span(s.Elapsed())
	part, words := progress(s)
	if words != "" {
		line += " " + words
	}
	if s.State == engine.Stopping {
		return []string{line + faint("  "+report.OneLine(s.Reason))}
	}
	if room := width - columns(line) - 7; part >= 0 && room >= 10 {
		line += "  " + bar(part, min(room, 60)) + fmt.Sprintf(" %3.0f%%", 100*part)
	} else if part >= 0 {
		line += fmt.Sprintf("  %.0f%%", 100*part)
	}
	return []string{line}
}

// progress says which part of the run is over, -1 when it has no end, and of what.
func progress(s *engine.Status) (part float64, words string) {
	if s.State == engine.Ready || s.Begun.IsZero() {
		return -1, faint(" setting up")
	}
	at := max(0, s.At.Sub(s.Begun)-s.Paused) // both clocks stand still in a pause
	var planned time.Duration
	for i, stage := range s.Config.Stages {
		from := planned
		if planned += stage.Duration; at >= from && at < planned {
			words = faint(fmt.Sprintf(", stage %d of %d, to %s", i+1, len(s.Config.Stages), number(stage.Target)))
		}
	}
	if limit := s.Config.RunTime; limit > 0 && (planned == 0 || limit < planned) {
		planned = limit
	}
	if planned == 0 {
		return -1, ""
	}
	return min(1, float64(at)/float64(planned)), "of " + span(planned) + words
}

// bar shows a part of a whole.
func bar(part float64, width int) string {
	full := min(width, int(part*float64(width)+0.5))
	return accent(strings.Repeat("━", full)) + faint(strings.Repeat("─", width-full))
}

// tiles are the numbers that matter, of the last 10 s where they can be. Where there is
// little room they are one line of them.
func tiles(s *engine.Status, width, height int) []string {
	type tile struct{ title, value string }
	now := s.Stats.Current
	all := now.All().Response()
	users := tile{"users", whole(int64(s.Users))}
	if s.Config.Model != engine.Open && s.Peak > 0 {
		users.value += faint("/" + whole(int64(s.Peak)))
	}
	list := []tile{users, {"req/s", number(s.Stats.Total.Rate)}, {"failures", faint("–")}}
	if now.Requests() > 0 {
		list[2].value = percent(now.FailRatio())
		if now.Failures() > 0 {
			list[2].value = alarm(list[2].value)
		}
	}
	if s.Config.Model == engine.Open {
		list = slices.Insert(list, 1, tile{"target/s", number(s.Target)})
	}
	for _, p := range []float64{50, 95, 99} {
		t := tile{fmt.Sprintf("p%g ms", p), faint("–")}
		if all.Count > 0 {
			t.value = report.Millis(all.Percentile(p))
		}
		list = append(list, t)
	}
	const least, most = 11, 15
	perLine := max(1, min(len(list), width/least))
	if perLine < len(list) {
		perLine = max(1, min(perLine, (len(list)+1)/2))
	}
	wide := min(most, width/perLine)
	var lines []string
	for some := range slices.Chunk(list, perLine) {
		var titles, values strings.Builder
		for _, t := range some {
			titles.WriteString(left(faint(t.title), wide))
			values.WriteString(left(strong(t.value), wide))
		}
		lines = append(lines, strings.TrimRight(titles.String(), " "), strings.TrimRight(values.String(), " "))
		if height < 8 {
			return lines
		}
	}
	if s.Config.Model == engine.Open {
		lines = append(lines, arrivals(s))
	}
	return lines
}

// arrivals says what became of what was due.
func arrivals(s *engine.Status) string {
	a := s.Stats.Arrivals
	line := faint(fmt.Sprintf("%s idle, %s due, %s late, ", whole(int64(s.Idle)), whole(a.Due), whole(a.Late)))
	dropped := whole(a.Dropped) + " dropped"
	if a.Dropped > 0 {
		return line + alarm(dropped)
	}
	return line + faint(dropped)
}

// trend draws the requests of the last minute; where some failed, it is an alarm.
func trend(s *engine.Status, width int) []string {
	note := "  req/s, last minute (above: last 10 s)"
	if width < 60 {
		note = "  req/s"
	}
	t := s.Stats.Total
	n := min(len(t.Trend), max(10, width-len(note)))
	if n == 0 {
		return nil
	}
	all, failed := t.Trend[len(t.Trend)-n:], t.FailTrend[len(t.FailTrend)-n:]
	peak := max(1, slices.Max(all))
	levels := []rune("▁▂▃▄▅▆▇█")
	var b strings.Builder
	for i, v := range all {
		c := string(levels[int(uint64(v)*uint64(len(levels)-1)/uint64(peak))])
		if failed[i] > 0 {
			b.WriteString(alarm(c))
		} else {
			b.WriteString(accent(c))
		}
	}
	return []string{b.String() + faint(note)}
}

// A column is one of the table of requests.
type column struct {
	title string
	wide  int
	cell  func(stats.Line) string
}

var columnsOfTable = []column{
	{"reqs", 9, func(l stats.Line) string { return whole(l.Requests()) }},
	{"fails", 8, func(l stats.Line) string {
		if l.Failures() == 0 {
			return faint("0")
		}
		return alarm(whole(l.Failures()))
	}},
	{"p50", 7, func(l stats.Line) string { return millis(l, 50) }},
	{"p95", 7, func(l stats.Line) string { return millis(l, 95) }},
	{"max", 7, func(l stats.Line) string { return millis(l, 100) }},
	{"req/s", 8, func(l stats.Line) string { return number(l.Rate) }},
}

func millis(l stats.Line, p float64) string {
	all := l.All().Response()
	if all.Count == 0 {
		return faint("–")
	}
	return report.Millis(all.Percentile(p))
}

// requests is the table of the rows that are busiest now, with the total.
func requests(s *engine.Status, width int) block {
	if len(s.Stats.Rows) == 0 {
		return block{}
	}
	shown := columnsOfTable
	if width < 64 { // reqs, fails, p95 and req/s
		shown = []column{shown[0], shown[1], shown[3], shown[5]}
	}
	if width < 44 {
		shown = []column{shown[2], shown[3]}
	}
	name := width
	for _, c := range shown {
		name -= c.wide
	}
	row := func(title string, cell func(column) string) string {
		line := left(title, name)
		for _, c := range shown {
			line += right(cell(c), c.wide)
		}
		return line
	}
	titles := row(faint("busiest now"), func(c column) string { return faint(c.title) })
	total := row(strong("Aggregated"), func(c column) string { return c.cell(s.Stats.Total) })

	rows := slices.Clone(s.Stats.Rows)
	slices.SortStableFunc(rows, func(a, b stats.Line) int {
		return cmp.Or(cmp.Compare(b.Rate, a.Rate), cmp.Compare(b.Requests(), a.Requests()))
	})
	return block{4, 2, len(rows) + 2, 7, true, func(n int) []string {
		lines := []string{titles}
		fit := len(rows)
		if n < fit+2 {
			fit = max(0, n-3)
		}
		for _, r := range rows[:fit] {
			what := strings.TrimSpace(report.OneLine(r.Method) + " " + report.OneLine(r.Name))
			lines = append(lines, row(what, func(c column) string { return c.cell(r) }))
		}
		if more := len(rows) - fit; more > 0 && n > 2 {
			lines = append(lines, faint(fmt.Sprintf("… and %d more", more)))
		}
		return append(lines, total)
	}}
}

// The most lines of what went wrong.
const (
	mostFailures   = 5
	mostExceptions = 3
	mostChecks     = 8
)

func failures(s *stats.Snapshot) block {
	list := slices.Clone(s.Failures)
	slices.SortStableFunc(list, func(a, b stats.FailureLine) int { return cmp.Compare(b.Count, a.Count) })
	return counted(5, "failures", mostFailures, len(list), func(i int) (int64, string) {
		return list[i].Count, report.FailureText(list[i].Failure)
	})
}

func exceptions(s *stats.Snapshot) block {
	list := slices.Clone(s.Exceptions)
	slices.SortStableFunc(list, func(a, b stats.Exception) int { return cmp.Compare(b.Count, a.Count) })
	return counted(8, "exceptions", mostExceptions, len(list), func(i int) (int64, string) {
		return list[i].Count, report.ExceptionText(list[i])
	})
}

// counted is a block of things that are counted, the most frequent first.
func counted(rank int, title string, most, all int, of func(i int) (int64, string)) block {
	if all == 0 {
		return block{}
	}
	return block{rank, 2, min(most, all) + 1, 3, true, func(n int) []string {
		head := faint(title)
		if more := all - (n - 1); more > 0 {
			head += faint(fmt.Sprintf(", and %d more", more))
		}
		lines := []string{head}
		for i := range n - 1 {
			count, text := of(i)
			lines = append(lines, alarm(fmt.Sprintf("%8s", whole(count)))+"  "+text)
		}
		return lines
	}}
}

// judged is what the run is held to, broken checks first.
func judged(list []engine.CheckStatus) block {
	if len(list) == 0 {
		return block{}
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b engine.CheckStatus) int { return cmp.Compare(gravity(b), gravity(a)) })
	return block{6, 1, min(mostChecks, len(list)), 3, true, func(n int) []string {
		var lines []string
		for i, c := range list[:n] {
			line := checkLine(c)
			if more := len(list) - n; i == n-1 && more > 0 {
				line += faint(fmt.Sprintf(", and %d more checks", more))
			}
			lines = append(lines, line)
		}
		return lines
	}}
}

func gravity(c engine.CheckStatus) int {
	switch {
	case c.InBreach > 0:
		return 3
	case c.Run.Known && !c.Run.OK && !c.Pending:
		return 2
	case c.Breaches > 0:
		return 1
	}
	return 0
}

func checkLine(c engine.CheckStatus) string {
	name := report.OneLine(c.Check.String())
	now := "no such request yet"
	if c.Now.Known {
		now = c.Say(c.Now.Value) + " now"
	}
	if c.Run.Known {
		now += ", " + c.Say(c.Run.Value) + " in the run"
	}
	switch gravity(c) {
	case 3:
		return alarm("✗ "+name) + "  " + now + alarm(", broken for "+span(c.InBreach))
	case 2:
		return alarm("✗ "+name) + "  " + now
	case 1:
		return "✓ " + name + "  " + faint(now+", was broken for "+span(c.Broken))
	}
	if !c.Run.Known || c.Pending {
		return faint("· " + name + "  " + now)
	}
	return "✓ " + name + "  " + faint(now)
}

// generator says whether this machine was in the way.
func generator(s *engine.Status) []string {
	run, now := s.Stats.Health, s.Stats.Now
	switch {
	case now.Verdict() > stats.Valid:
		return []string{alarm("generator now " + report.HealthText(now))}
	case run.Verdict() > stats.Valid:
		return []string{alarm("generator " + report.HealthText(run))}
	case run.Verdict() == stats.Unknown:
		return nil
	}
	return []string{faint("generator " + report.HealthText(run))}
}

// foot says which keys there are, or what the latest did.
func (l look) foot(width int) []string {
	if !l.keys {
		return nil
	}
	what := "users"
	if l.status.Config.Model == engine.Open {
		what = "arrivals/s"
	}
	pause := "pause"
	if l.status.State == engine.Paused {
		pause = "resume"
	}
	var lines []string
	if l.note != "" {
		lines = append(lines, accent(report.OneLine(l.note)))
	}
	if l.help {
		for _, h := range [][2]string{
			{"w  W", "add 1, add 10 " + what}, {"s  S", "take 1, take 10 away"}, {"p", pause},
			{"q", "stop the run and print the results"}, {"ctrl-C", "the same; twice ends at once"},
			{"ctrl-Z", "suspend gregaria, and with it the load"}, {"?", "close this"},
		} {
			lines = append(lines, left(strong(h[0]), 8)+h[1])
		}
		return lines
	}
	rest := "p " + pause + "  q stop  ?"
	hint := "w/W +1/+10 " + what + "  s/S −1/−10  " + rest + " keys"
	switch _, err := changed(l.status.Config, 1); {
	case l.status.State == engine.Stopping:
		hint = "ctrl-C end at once"
	case err != nil:
		hint = rest + " keys"
	case columns(hint) > width:
		hint = "w +1  s −1  " + rest
	}
	return append(lines, faint(hint))
}

// whole words a number with its thousands set apart.
func whole(n int64) string {
	s := strconv.FormatInt(n, 10)
	for i := len(s) - 3; i > 0 && s[i-1] != '-'; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// number words a rate or a load.
func number(x float64) string {
	switch {
	case x == 0:
		return "0"
	case x < 99.95:
		return strings.TrimSuffix(strconv.FormatFloat(x, 'f', 1, 64), ".0")
	}
	return whole(int64(x + 0.5))
}

// percent words a share: not 0% unless there is nothing.
func percent(x float64) string {
	switch p := 100 * x; {
	case p == 0:
		return "0%"
	case p < 0.01:
		return "<0.01%"
	case p < 1:
		return strconv.FormatFloat(p, 'f', 2, 64) + "%"
	default:
		return strings.TrimSuffix(strconv.FormatFloat(p, 'f', 1, 64), ".0") + "%"
	}
}

// span words a time in whole seconds.
func span(d time.Duration) string {
	text := d.Truncate(time.Second).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
