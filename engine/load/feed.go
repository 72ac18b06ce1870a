package load

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync/atomic"
	"unicode"
)

// A Feed hands the rows of a source out to users: accounts to log in with, terms to
// search for. Declare it once, list it in Scenario.Feeds, and take rows with Of:
//
//	type account struct {
//		Name     string `csv:"name"`
//		Password string `csv:"password"`
//	}
//
//	var accounts = load.Feed[account]{Name: "accounts", Source: load.CSVFile("accounts.csv")}
//
//	func (c *customer) signIn(u *load.User) error {
//		a, err := accounts.Of(u)
//		if err != nil {
//			return err
//		}
//		return u.Post("/login", load.Form("name", a.Name, "password", a.Password)).Err()
//	}
//
// A run opens its feeds before its first user starts, and begins with all rows free.
// Scenarios that list the same feed share its rows.
type Feed[T any] struct {
	Name   string // shown to people
	Source Source // where the rows come from
	Policy Policy // who gets which row; the zero Policy is UniquePerUser
	AtEnd  AtEnd  // what happens when no row is left; the zero AtEnd is EndRun
}

// A Policy says who gets which row of a feed.
type Policy int

// The policies.
const (
	UniquePerUser      Policy = iota // a user keeps one row for its whole life, and nobody else gets it in this run
	UniquePerIteration               // a user gets a new row for each iteration, and one for OnStart; nobody gets it again in this run
	SharedRandom                     // any row, at each call, by the user's own chance
	Circular                         // the next row, at each call; after the last comes the first
)

var policies = []string{"unique per user", "unique per iteration", "shared, at random", "shared, in turn"}

// String describes p: "unique per user".
func (p Policy) String() string {
	if p < 0 || int(p) >= len(policies) {
		return fmt.Sprintf("Policy(%d)", int(p))
	}
	return policies[p]
}

// unique reports whether nobody shares a row.
func (p Policy) unique() bool { return p == UniquePerUser || p == UniquePerIteration }

// AtEnd says what happens to a user that wants a row of its own when all are taken.
type AtEnd int

// The ends.
const (
	EndRun   AtEnd = iota // Of returns a StopRun that names the feed
	EndUser               // Of returns StopUser: there are fewer users from then on
	Recycle               // the rows are given out again from the first: they are unique no more
	FailTask              // Of returns an error, which is shown among the exceptions
)

var ends = []string{"stop the run", "stop the user", "start again", "fail the task"}

// String describes a: "stop the run".
func (a AtEnd) String() string {
	if a < 0 || int(a) >= len(ends) {
		return fmt.Sprintf("AtEnd(%d)", int(a))
	}
	return ends[a]
}

// A Source is where the rows of a feed come from: [CSVFile], [JSONFile], [Made] or
// [Listed].
type Source interface {
	String() string // "accounts.csv"
	source()        // so that a Source is one of ours: a Feed must be comparable
}

type (
	csvFile  string
	jsonFile string

	// These are used as pointers: functions and slices cannot be compared.
	made[T any]   struct{ row func(i int) T }
	listed[T any] struct{ rows []T }
)

// CSVFile reads rows from a file whose first line names the columns. A row is a struct
// or a map[string]string. Each field of the struct takes one column, the one in its
// csv tag or of its own name, as package github.com/jszwec/csvutil has it; no column
// may be missing or left over. A relative path begins at the working directory.
func CSVFile(path string) Source { return csvFile(path) }

// JSONFile reads rows from a file that is an array of them, or has one after the
// other. Package encoding/json decodes them; fields that a row has no place for are
// left out. A relative path begins at the working directory.
func JSONFile(path string) Source { return jsonFile(path) }

// Made makes rows without end. The function is given 0, 1, 2 and so on, each number
// once in a run, by many users at once.
func Made[T any](row func(i int) T) Source { return &made[T]{row} }

// Listed has the rows in the program.
func Listed[T any](rows ...T) Source { return &listed[T]{rows} }

func (f csvFile) String() string  { return string(f) }
func (f jsonFile) String() string { return string(f) }
func (*made[T]) String() string   { return "made by the program" }
func (*listed[T]) String() string { return "listed in the program" }

func (csvFile) source()    {}
func (jsonFile) source()   {}
func (*made[T]) source()   {}
func (*listed[T]) source() {}

// A Feeder is any Feed. Feeders are comparable: a copy of a feed is the same feed.
type Feeder interface {
	// Info describes the feed.
	Info() FeedInfo
	// Check reports every mistake in how the feed is declared. It reads no file.
	Check() error
	// Open reads the rows and returns them with nobody having taken any: a run
	// begins with that. The error names the file, the line and what was expected.
	Open() (*Rows, error)
}

// A FeedInfo describes a feed to people.
type FeedInfo struct {
	Name   string
	Source string // "accounts.csv", or what makes the rows
	Policy string // "unique per user", …
	AtEnd  string // "stop the run", …; "" when there is no end
}

// Info describes f.
func (f Feed[T]) Info() FeedInfo {
	info := FeedInfo{Name: f.Name, Policy: f.Policy.String()}
	if f.Source != nil {
		info.Source = f.Source.String()
	}
	if f.ends() {
		info.AtEnd = f.AtEnd.String()
	}
	return info
}

// ends reports whether a user may find no row left.
func (f Feed[T]) ends() bool {
	_, endless := f.Source.(*made[T])
	return f.Policy.unique() && !endless
}

// Check reports every mistake in how f is declared. It reads no file.
func (f Feed[T]) Check() error {
	var errs []error
	wrong := func(format string, args ...any) {
		errs = append(errs, fmt.Errorf("feed %s: %s", f.called(), fmt.Sprintf(format, args...)))
	}
	if !f.named() {
		wrong("Name %q: want a name without control characters and without space around it", f.Name)
	}
	if f.Policy < 0 || int(f.Policy) >= len(policies) {
		wrong("Policy %d is not known", int(f.Policy))
	}
	if f.AtEnd < 0 || int(f.AtEnd) >= len(ends) {
		wrong("AtEnd %d is not known", int(f.AtEnd))
	}
	row := reflect.TypeFor[T]()
	switch s := f.Source.(type) {
	case nil:
		wrong("Source is missing: want CSVFile, JSONFile, Made or Listed")
	case csvFile:
		if s == "" {
			wrong("Source: CSVFile has no path")
		}
		if row.Kind() != reflect.Struct && row != reflect.TypeFor[map[string]string]() {
			wrong("Source: a row of a CSVFile is a struct or a map[string]string, not %s", row)
		}
	case jsonFile:
		if s == "" {
			wrong("Source: JSONFile has no path")
		}
	case *listed[T]:
		if len(s.rows) == 0 {
			wrong("Source: Listed has no row")
		}
	case *made[T]:
		if s.row == nil {
			wrong("Source: Made has no function")
		}
		if f.Policy == SharedRandom {
			wrong("Policy SharedRandom: no row can be picked at random from Made, which has no end of them")
		}
	default:
		wrong("Source: its rows are not of type %s", row)
	}
	if f.AtEnd != EndRun && f.Source != nil && !f.ends() {
		wrong("AtEnd: a feed that is %s, %s, has no end", f.Policy, f.Source)
	}
	return errors.Join(errs...)
}

// named reports whether f has a name fit to be shown.
func (f Feed[T]) named() bool {
	return f.Name != "" && strings.TrimSpace(f.Name) == f.Name && !strings.ContainsFunc(f.Name, unicode.IsControl)
}

// called returns what f is called in errors.
func (f Feed[T]) called() string {
	switch {
	case f.Name == "":
		return "without a name"
	case !f.named():
		return strconv.Quote(f.Name)
	}
	return f.Name
}

// Open reads the rows of f and returns them with nobody having taken any.
func (f Feed[T]) Open() (*Rows, error) {
	if err := f.Check(); err != nil {
		return nil, err
	}
	var rows []T
	var err error
	switch s := f.Source.(type) {
	case *made[T]:
		return &Rows{rows: s.row, len: -1, again: true}, nil
	case *listed[T]:
		rows = s.rows
	case csvFile:
		rows, err = readCSV[T](string(s))
	case jsonFile:
		rows, err = readJSON[T](string(s))
	}
	if err != nil {
		return nil, fmt.Errorf("feed %s: %w", f.Name, err)
	}
	return &Rows{rows: rows, len: len(rows), again: !f.ends() || f.AtEnd == Recycle}, nil
}

// Rows are the rows of a feed in one run, and how many of them were taken. They are
// safe for use by many goroutines.
type Rows struct {
	rows  any          // []T; func(i int) T when there is no end to them
	len   int          // -1 when there is no end
	again bool         // a row may be taken more than once, or there is no end
	asked atomic.Int64 // how often a row was asked for
}

// Len returns how many rows there are, -1 when there is no end to them.
func (r *Rows) Len() int { return r.len }

// Taken returns how often a row was taken. It is more than Len when rows were taken
// more than once.
func (r *Rows) Taken() int64 { return r.asked.Load() - r.Dry() }

// Dry returns how often a row was asked for and none was left.
func (r *Rows) Dry() int64 {
	if r.again {
		return 0
	}
	return max(0, r.asked.Load()-int64(r.len))
}

// take returns the place of the next row, and whether one was left.
func (r *Rows) take() (i int, ok bool) {
	n := r.asked.Add(1) - 1
	switch {
	case r.len < 0 || n < int64(r.len):
		return int(n), true
	case r.again:
		return int(n % int64(r.len)), true
	}
	return 0, false
}

// Of returns the row that is u's now, as the Policy of f says. When no row is left it
// returns the error that AtEnd says: return it from the task. What a row points to is
// shared by all who get the row, and must not be changed.
//
// It panics when f is not among the Feeds of u's scenario.
func (f Feed[T]) Of(u *User) (T, error) {
	rows := u.feeds[f]
	if rows == nil {
		panic(fmt.Sprintf("feed %s: list it in the Feeds of scenario %s", f.called(), u.scenario))
	}
	if f.Policy == SharedRandom {
		rows.asked.Add(1)
		return f.row(rows, u.Rand.IntN(rows.len)), nil
	}
	if f.Policy == Circular {
		i, _ := rows.take()
		return f.row(rows, i), nil
	}
	h := u.hold(rows)
	if h.row == nil || f.Policy == UniquePerIteration && h.iteration != u.iteration {
		i, ok := rows.take()
		if !ok {
			var none T
			return none, f.end(rows)
		}
		row := f.row(rows, i)
		h.row, h.iteration = &row, u.iteration
	}
	return *h.row.(*T), nil
}

// row returns a row by its place.
func (f Feed[T]) row(rows *Rows, i int) T {
	if made, ok := rows.rows.(func(int) T); ok {
		return made(i)
	}
	return rows.rows.([]T)[i]
}

// end returns what a user is told that finds no row left.
func (f Feed[T]) end(rows *Rows) error {
	why := fmt.Sprintf("feed %s: all %d rows are taken", f.Name, rows.len)
	switch f.AtEnd {
	case EndUser:
		return StopUser
	case FailTask:
		return errors.New(why)
	}
	return StopRun(why)
}

// A hold is the row of a feed that a user has for itself.
type hold struct {
	rows      *Rows
	row       any   // a *T; nil before the first
	iteration int64 // in which it was taken
}

// hold returns u's hold of rows.
func (u *User) hold(rows *Rows) *hold {
	for i := range u.held {
		if u.held[i].rows == rows {
			return &u.held[i]
		}
	}
	u.held = append(u.held, hold{rows: rows})
	return &u.held[len(u.held)-1]
}
