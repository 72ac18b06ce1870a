package load_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/gregaria/gregaria/engine/load"
)

// An account is a row.
type account struct {
	Name     string `csv:"name" json:"name"`
	Password string `csv:"password" json:"password"`
	Age      int    `csv:"age,omitempty" json:"age"`
}

// opened returns the rows of a feed.
func opened(t testing.TB, f load.Feeder) *load.Rows {
	t.Helper()
	rows, err := f.Open()
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// fed returns a user of a run that has a feed.
func fed(t testing.TB, number int, f load.Feeder, rows *load.Rows) *stage {
	t.Helper()
	return seat(t, &fake{}, func(s *load.Seat) {
		s.Number, s.Feeds, s.Rand = number, map[load.Feeder]*load.Rows{f: rows}, rand.New(rand.NewPCG(uint64(number), 1))
	})
}

// numbers is a feed of 0 to n-1.
func numbers(n int, p load.Policy, e load.AtEnd) load.Feed[int] {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return load.Feed[int]{Name: "numbers", Source: load.Listed(list...), Policy: p, AtEnd: e}
}

// taken has three users take a row twice in each of two iterations and returns what
// each of them got.
func taken(t *testing.T, f load.Feed[int]) (got [3][]int, rows *load.Rows) {
	t.Helper()
	rows = opened(t, f)
	var users [3]*stage
	for i := range users {
		users[i] = fed(t, i+1, f, rows)
	}
	for range 2 {
		for i, u := range users {
			u.Iteration()
			for range 2 {
				row, err := f.Of(u.User)
				if err != nil {
					t.Fatal(err)
				}
				got[i] = append(got[i], row)
			}
		}
	}
	return got, rows
}

func TestFeedPolicies(t *testing.T) {
	tenfold := load.Made(func(i int) int { return 10 * i })
	for _, tt := range []struct {
		feed  load.Feed[int]
		want  [3][]int
		taken int64
	}{
		{numbers(9, load.UniquePerUser, 0), [3][]int{{0, 0, 0, 0}, {1, 1, 1, 1}, {2, 2, 2, 2}}, 3},
		{numbers(9, load.UniquePerIteration, 0), [3][]int{{0, 0, 3, 3}, {1, 1, 4, 4}, {2, 2, 5, 5}}, 6},
		{numbers(5, load.Circular, 0), [3][]int{{0, 1, 1, 2}, {2, 3, 3, 4}, {4, 0, 0, 1}}, 12},
		{numbers(2, load.UniquePerUser, load.Recycle), [3][]int{{0, 0, 0, 0}, {1, 1, 1, 1}, {0, 0, 0, 0}}, 3},
		{numbers(4, load.UniquePerIteration, load.Recycle), [3][]int{{0, 0, 3, 3}, {1, 1, 0, 0}, {2, 2, 1, 1}}, 6},
		{load.Feed[int]{Name: "f", Source: tenfold}, [3][]int{{0, 0, 0, 0}, {10, 10, 10, 10}, {20, 20, 20, 20}}, 3},
		{load.Feed[int]{Name: "f", Source: tenfold, Policy: load.UniquePerIteration}, [3][]int{{0, 0, 30, 30}, {10, 10, 40, 40}, {20, 20, 50, 50}}, 6},
		{load.Feed[int]{Name: "f", Source: tenfold, Policy: load.Circular}, [3][]int{{0, 10, 60, 70}, {20, 30, 80, 90}, {40, 50, 100, 110}}, 12},
	} {
		info := tt.feed.Info()
		got, rows := taken(t, tt.feed)
		for i := range got {
			if !slices.Equal(got[i], tt.want[i]) {
				t.Errorf("%+v: user %d got %v, want %v", info, i, got[i], tt.want[i])
			}
		}
		if rows.Taken() != tt.taken || rows.Dry() != 0 {
			t.Errorf("%+v: %d taken, %d times dry; want %d and 0", info, rows.Taken(), rows.Dry(), tt.taken)
		}
	}
}

func TestSharedRandomGivesEveryRowAlike(t *testing.T) {
	f := numbers(10, load.SharedRandom, 0)
	rows := opened(t, f)
	count := make([]int, 10)
	for number := range 10 {
		u := fed(t, number, f, rows)
		for range 1000 {
			row, err := f.Of(u.User)
			if err != nil {
				t.Fatal(err)
			}
			count[row]++
		}
	}
	if slices.Min(count) < 850 || slices.Max(count) > 1150 {
		t.Errorf("10000 random rows of 10: %v, want about 1000 of each", count)
	}
	if rows.Taken() != 10_000 || rows.Dry() != 0 {
		t.Errorf("%d taken, %d times dry; want 10000 and 0", rows.Taken(), rows.Dry())
	}
}

func TestMadeRowsAreMadeOnce(t *testing.T) {
	made := 0
	f := load.Feed[*account]{Name: "made", Source: load.Made(func(i int) *account {
		made++
		return &account{Name: fmt.Sprint("user", i)}
	})}
	u := fed(t, 1, f, opened(t, f))
	a, _ := f.Of(u.User)
	b, _ := f.Of(u.User)
	if a != b || made != 1 || a.Name != "user0" {
		t.Errorf("a user's rows are %+v and %+v, of %d made; want one", a, b, made)
	}
}

func TestFeedRunsDry(t *testing.T) {
	const why = "feed numbers: all 2 rows are taken"
	for _, tt := range []struct {
		end  load.AtEnd
		good func(error) bool
		says string
	}{
		{load.EndRun, func(err error) bool {
			stop, ok := errors.AsType[*load.RunStop](err)
			return ok && stop.Reason == why && load.Counted(err)
		}, "a StopRun"},
		{load.EndUser, func(err error) bool { return errors.Is(err, load.StopUser) }, "StopUser"},
		{load.FailTask, func(err error) bool { return err != nil && err.Error() == why && !load.Counted(err) }, "an error for the exceptions"},
	} {
		for _, policy := range []load.Policy{load.UniquePerUser, load.UniquePerIteration} {
			f := numbers(2, policy, tt.end)
			rows := opened(t, f)
			first, second, third := fed(t, 1, f, rows), fed(t, 2, f, rows), fed(t, 3, f, rows)
			for want, u := range []*stage{first, second} {
				if got, err := f.Of(u.User); got != want || err != nil {
					t.Errorf("%s: user %d got %d, %v; want %d", policy, want+1, got, err, want)
				}
			}
			for range 2 {
				if got, err := f.Of(third.User); got != 0 || !tt.good(err) {
					t.Errorf("%s, %s: a third user got %d, %v; want %s", policy, tt.end, got, err, tt.says)
				}
			}
			if got, err := f.Of(first.User); got != 0 || err != nil {
				t.Errorf("%s, %s: the first user got %d, %v; want its row still", policy, tt.end, got, err)
			}
			first.Iteration()
			dry := int64(2)
			if _, err := f.Of(first.User); policy == load.UniquePerIteration {
				if dry++; !tt.good(err) {
					t.Errorf("%s, %s: in its next iteration the first user got %v, want %s", policy, tt.end, err, tt.says)
				}
			} else if err != nil {
				t.Errorf("%s, %s: in its next iteration the first user got %v, want its row still", policy, tt.end, err)
			}
			if rows.Len() != 2 || rows.Taken() != 2 || rows.Dry() != dry {
				t.Errorf("%s, %s: %d of %d taken, %d times dry; want 2 of 2, %d", policy, tt.end, rows.Taken(), rows.Len(), rows.Dry(), dry)
			}
		}
	}
}

func TestUniqueRowsAreUniqueAmongManyUsers(t *testing.T) {
	const users, iterations, n = 64, 5000, 64*5000 - 100
	f := numbers(n, load.UniquePerIteration, load.EndUser)
	rows := opened(t, f)
	var all sync.WaitGroup
	begin := make(chan struct{})
	got := make([][]int, users)
	for i := range users {
		u := fed(t, i+1, f, rows)
		all.Go(func() {
			<-begin
			for range iterations {
				u.Iteration()
				if row, err := f.Of(u.User); err == nil {
					got[i] = append(got[i], row)
				}
			}
		})
	}
	close(begin)
	all.Wait()
	rowsTaken := slices.Concat(got...)
	slices.Sort(rowsTaken)
	for want, row := range rowsTaken {
		if row != want {
			t.Fatalf("row %d was taken by nobody or by two", want)
		}
	}
	if len(rowsTaken) != n || rows.Taken() != n || rows.Dry() != 100 {
		t.Errorf("%d rows: %d taken, %d counted, %d times dry; want all, and dry 100 times", n, len(rowsTaken), rows.Taken(), rows.Dry())
	}
}

func TestEachRunBeginsWithAllRows(t *testing.T) {
	f := numbers(1, load.UniquePerUser, load.EndRun)
	path := filepath.Join(t.TempDir(), "accounts.csv")
	file := load.Feed[map[string]string]{Name: "file", Source: load.CSVFile(path)}
	for run := range 3 {
		rows := opened(t, f)
		if row, err := f.Of(fed(t, 1, f, rows).User); row != 0 || err != nil {
			t.Errorf("run %d: the first user got %d, %v; want the first row", run, row, err)
		}
		if _, err := f.Of(fed(t, 2, f, rows).User); err == nil {
			t.Errorf("run %d: the second user got a row, want none", run)
		}
		write(t, path, fmt.Sprintf("name\nrun%d\n", run))
		fileRows := opened(t, file)
		if row, err := file.Of(fed(t, 1, file, fileRows).User); row["name"] != fmt.Sprintf("run%d", run) || err != nil {
			t.Errorf("run %d: the first user got %v, %v; want what is in the file now", run, row, err)
		}
	}
}

func TestFeedsThatDifferAreKeptApart(t *testing.T) {
	a := load.Feed[int]{Name: "same", Source: load.Listed(1)}
	b := load.Feed[int]{Name: "same", Source: load.Listed(2)}
	c := load.Feed[int64]{Name: "same", Source: load.Made(func(i int) int64 { return 3 })}
	feeds := map[load.Feeder]*load.Rows{a: opened(t, a), b: opened(t, b), c: opened(t, c)}
	u := seat(t, &fake{}, func(s *load.Seat) { s.Feeds = feeds })
	copied := a
	one, err1 := copied.Of(u.User)
	two, err2 := b.Of(u.User)
	three, err3 := c.Of(u.User)
	if one != 1 || two != 2 || three != 3 || errors.Join(err1, err2, err3) != nil {
		t.Errorf("rows of three feeds: %d, %d, %d; want 1, 2, 3 (%v)", one, two, three, errors.Join(err1, err2, err3))
	}
}

func TestFeedThatIsNotListedPanics(t *testing.T) {
	f := numbers(1, 0, 0)
	u := seat(t, &fake{})
	err := u.Try(func() error {
		_, err := f.Of(u.User)
		return err
	})
	if want := "panic: feed numbers: list it in the Feeds of scenario play"; err == nil || err.Error() != want {
		t.Errorf("Of: %v, want %s", err, want)
	}
}

func TestFeedInfo(t *testing.T) {
	for _, tt := range []struct {
		feed load.Feeder
		want load.FeedInfo
	}{
		{load.Feed[account]{Name: "a", Source: load.CSVFile("data/a.csv")}, load.FeedInfo{"a", "data/a.csv", "unique per user", "stop the run"}},
		{load.Feed[account]{Name: "a", Source: load.JSONFile("a.json"), Policy: load.UniquePerIteration, AtEnd: load.EndUser}, load.FeedInfo{"a", "a.json", "unique per iteration", "stop the user"}},
		{numbers(2, load.UniquePerUser, load.Recycle), load.FeedInfo{"numbers", "listed in the program", "unique per user", "start again"}},
		{numbers(2, load.UniquePerUser, load.FailTask), load.FeedInfo{"numbers", "listed in the program", "unique per user", "fail the task"}},
		{numbers(2, load.SharedRandom, 0), load.FeedInfo{"numbers", "listed in the program", "shared, at random", ""}},
		{numbers(2, load.Circular, 0), load.FeedInfo{"numbers", "listed in the program", "shared, in turn", ""}},
		{load.Feed[int]{Name: "m", Source: load.Made(func(i int) int { return i })}, load.FeedInfo{"m", "made by the program", "unique per user", ""}},
		{load.Feed[int]{Policy: -1, AtEnd: 7}, load.FeedInfo{"", "", "Policy(-1)", ""}},
		{load.Feed[int]{AtEnd: 7}, load.FeedInfo{"", "", "unique per user", "AtEnd(7)"}},
	} {
		if got := tt.feed.Info(); got != tt.want {
			t.Errorf("Info: %+v, want %+v", got, tt.want)
		}
	}
}

func TestFeedCheckSaysEveryMistakeAtOnce(t *testing.T) {
	one := load.Listed(1)
	for _, tt := range []struct {
		feed load.Feeder
		want []string
	}{
		{load.Feed[int]{Name: "f", Source: one}, nil},
		{load.Feed[account]{Name: "two words", Source: load.CSVFile("a.csv"), Policy: load.SharedRandom}, nil},
		{load.Feed[map[string]string]{Name: "f", Source: load.CSVFile("a.csv")}, nil},
		{load.Feed[[]int]{Name: "f", Source: load.JSONFile("a.json"), AtEnd: load.FailTask}, nil},
		{load.Feed[int]{Name: "f", Source: load.Made(func(i int) int { return i }), Policy: load.Circular}, nil},
		{load.Feed[int]{Policy: 9, AtEnd: -1}, []string{
			`feed without a name: Name "": want a name without control characters and without space around it`,
			`feed without a name: Policy 9 is not known`,
			`feed without a name: AtEnd -1 is not known`,
			`feed without a name: Source is missing: want CSVFile, JSONFile, Made or Listed`,
		}},
		{load.Feed[int]{Name: " f\n", Source: one}, []string{`Name " f\n": want a name`}},
		{load.Feed[int]{Name: "100%d", Source: load.CSVFile("")}, []string{
			"feed 100%d: Source: CSVFile has no path",
			"feed 100%d: Source: a row of a CSVFile is a struct or a map[string]string, not int",
		}},
		{load.Feed[map[string]int]{Name: "f", Source: load.CSVFile("x")}, []string{"not map[string]int"}},
		{load.Feed[*account]{Name: "f", Source: load.CSVFile("x")}, []string{"not *load_test.account"}},
		{load.Feed[int]{Name: "f", Source: load.JSONFile("")}, []string{"feed f: Source: JSONFile has no path"}},
		{load.Feed[int]{Name: "f", Source: load.Listed[int]()}, []string{"feed f: Source: Listed has no row"}},
		{load.Feed[int]{Name: "f", Source: load.Made[int](nil)}, []string{"feed f: Source: Made has no function"}},
		{load.Feed[string]{Name: "f", Source: one}, []string{"feed f: Source: its rows are not of type string"}},
		{load.Feed[string]{Name: "f", Source: load.Made(func(i int) int { return i })}, []string{"feed f: Source: its rows are not of type string"}},
		{load.Feed[int]{Name: "f", Source: load.Made(func(i int) int { return i }), Policy: load.SharedRandom}, []string{
			"feed f: Policy SharedRandom: no row can be picked at random from Made, which has no end of them",
		}},
		{load.Feed[int]{Name: "f", Source: load.Made(func(i int) int { return i }), AtEnd: load.Recycle}, []string{
			"feed f: AtEnd: a feed that is unique per user, made by the program, has no end",
		}},
		{numbers(3, load.Circular, load.EndUser), []string{"feed numbers: AtEnd: a feed that is shared, in turn, listed in the program, has no end"}},
	} {
		var got []string
		if err := tt.feed.Check(); err != nil {
			got = strings.Split(err.Error(), "\n")
			if _, open := tt.feed.Open(); open == nil || open.Error() != err.Error() {
				t.Errorf("%+v: Open: %v, want what Check says: %v", tt.feed.Info(), open, err)
			}
		}
		if !slices.EqualFunc(got, tt.want, strings.Contains) {
			t.Errorf("%+v: Check says\n\t%s\nwant\n\t%s", tt.feed.Info(), strings.Join(got, "\n\t"), strings.Join(tt.want, "\n\t"))
		}
	}
}

func TestRowsHaveALength(t *testing.T) {
	if got := opened(t, numbers(7, 0, 0)).Len(); got != 7 {
		t.Errorf("Len of 7 rows: %d", got)
	}
	endless := load.Feed[int]{Name: "f", Source: load.Made(func(i int) int { return i })}
	if got := opened(t, endless).Len(); got != -1 {
		t.Errorf("Len of rows without end: %d, want -1", got)
	}
}

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func BenchmarkFeedOf(b *testing.B) {
	for _, policy := range []load.Policy{load.UniquePerUser, load.UniquePerIteration, load.SharedRandom, load.Circular} {
		f := load.Feed[account]{Name: "f", Source: load.Listed(account{Name: "a"}, account{Name: "b"}), Policy: policy}
		if policy == load.UniquePerIteration {
			f.AtEnd = load.Recycle
		}
		u := fed(b, 1, f, opened(b, f))
		b.Run(policy.String(), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				u.Iteration()
				if _, err := f.Of(u.User); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
