package doors

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/leaks"
)

func TestMain(m *testing.M) { leaks.Main(m) }

var (
	here   = netip.MustParseAddr("192.0.2.1")
	quiet  = slog.New(slog.DiscardHandler)
	hashed = Hash("correct horse") // once, for it is slow on purpose
)

// keep returns a keeper of a book, and the file it is in.
func keep(t *testing.T, b Book, opts Options) (*Keeper, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "users")
	if err := b.Write(path); err != nil {
		t.Fatal(err)
	}
	opts.File, opts.Log = path, quiet
	k, err := NewKeeper(opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(k.Close)
	return k, path
}

func ann() Book {
	return Book{Users: []User{{Name: "ann", Role: Operate, Password: hashed}, {Name: "bob", Role: View, Password: hashed}, {Name: "pia", Role: View}}}
}

func TestAHashTellsNoPasswordAndMatchesOnlyItsOwn(t *testing.T) {
	if again := Hash("correct horse"); again == hashed || !strings.HasPrefix(again, "$argon2id$v=19$m=19456,t=2,p=1$") || strings.Contains(again, "horse") {
		t.Errorf("Hash twice = %q and %q, want two hashes by argon2id with salts of their own", again, hashed)
	}
	h := newHasher()
	for password, want := range map[string]bool{
		"correct horse": true, "correct horsf": false, "": false, "correct horse\x00": false, strings.Repeat("x", 5000): false,
	} {
		if got, err := h.matches(t.Context(), hashed, password); got != want || err != nil {
			t.Errorf("matches(hash, %.20q) = %v, %v, want %v", password, got, err, want)
		}
	}
	for _, password := range []string{"", "x"} {
		if got, err := h.matches(t.Context(), "", password); got || err != nil {
			t.Errorf("a user without a password comes in by %q: %v, %v", password, got, err)
		}
	}
}

// Who measures how long an answer takes learns nothing: each attempt works out one hash.
func TestEveryAttemptIsTheSameWorkAndTheSameAnswer(t *testing.T) {
	k, _ := keep(t, ann(), Options{})
	for i, tt := range []struct{ name, password string }{
		{"ann", "wrong"}, {"nobody", "wrong"}, {"nobody", "correct horse"}, {"pia", ""}, {"", ""}, {"ann", strings.Repeat("x", 4000)}, {"ann", "correct horse"},
	} {
		var hashes atomic.Int32
		k.hasher.done = func() { hashes.Add(1) }
		from := netip.AddrFrom4([4]byte{10, 0, 0, byte(i)})
		_, _, err := k.LogIn(t.Context(), from, tt.name, tt.password)
		want := ErrWrong
		if i == 6 {
			want = nil
		}
		if err != want || hashes.Load() != 1 {
			t.Errorf("LogIn(%q, %.15q) = %v after %d hashes, want %v after one", tt.name, tt.password, err, hashes.Load(), want)
		}
	}
}

func TestManyLoginsAtOnceHashOnlyTwoAtATime(t *testing.T) {
	h := newHasher()
	var most atomic.Int32
	h.done = func() { most.Store(max(most.Load(), int32(len(h.desks)))) }
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { h.matches(t.Context(), "", "x") })
	}
	all.Wait()
	if cap(h.desks) != maxHashing || most.Load() > maxHashing {
		t.Errorf("%d hashes at once, want at most %d", most.Load(), maxHashing)
	}
	h.desks <- struct{}{}
	h.desks <- struct{}{}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.matches(gone, "", "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("who has gone away still waits for a hash: %v", err)
	}
}

func TestHashesThatAreNoneAreRefused(t *testing.T) {
	for _, text := range []string{
		"", "x", "$argon2i$v=19$m=19456,t=2,p=1$c2FsdHNhbHQ$aGFzaA", strings.Replace(hashed, "m=19456", "m=99999999", 1),
		strings.Replace(hashed, "t=2", "t=0", 1), strings.Replace(hashed, "t=2", "t=02", 1), strings.Replace(hashed, "p=1", "p=255", 1),
		strings.Replace(hashed, "v=19", "v=16", 1), hashed + "$", hashed[:len(hashed)-3], hashed + "=",
	} {
		if _, _, err := parseHash(text); err == nil {
			t.Errorf("parseHash(%q) is content", text)
		}
	}
}

func TestABookIsWrittenWholeAndForItsOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	if _, err := ReadBook(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("ReadBook of no file = %v", err)
	}
	b := ann()
	text, err := b.AddToken("ci", Operate, time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.AddToken("ci", View, time.Time{}); err == nil {
		t.Error("two tokens may have one name")
	}
	if err := b.Write(path); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file's mode = %v, %v, want 0600", info.Mode(), err)
	}
	got, err := ReadBook(path)
	if err != nil || !reflect.DeepEqual(got, b) {
		t.Errorf("ReadBook = %+v, %v, want what was written: %+v", got, err, b)
	}
	raw, err := os.ReadFile(path)
	if err != nil || strings.Contains(string(raw), text[prefixSize:]) || strings.Contains(string(raw), "correct horse") {
		t.Errorf("the file holds a secret (or %v):\n%s", err, raw)
	}
	link := path + "-link"
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if err := EditBook(link, func(b *Book) error { b.RemoveUser("bob"); return nil }); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&fs.ModeSymlink == 0 {
		t.Errorf("the link to the file became %v, %v", info.Mode(), err)
	}
	if got, _ := ReadBook(path); len(got.Users) != 2 {
		t.Errorf("after bob was removed: %+v", got.Users)
	}
	if left, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*")); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestOfManyEditsAtOnceNoneIsLost(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	link := filepath.Join(t.TempDir(), "link") // from another folder
	if err := errors.Join(Book{}.Write(path), os.Symlink(path, link)); err != nil {
		t.Fatal(err)
	}
	const n = 40
	var edits sync.WaitGroup
	for i := range n {
		edits.Go(func() {
			if err := EditBook([]string{path, link}[i%2], func(b *Book) error {
				b.SetUser(User{Name: fmt.Sprintf("u%d", i), Role: View})
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
	}
	edits.Wait()
	if b, err := ReadBook(path); err != nil || len(b.Users) != n {
		t.Errorf("after %d users were added at once there are %d, %v", n, len(b.Users), err)
	}
}

func TestABookSaysWhatIsWrongWithIt(t *testing.T) {
	for text, want := range map[string]string{
		``: "no file of users", `[]`: "no file of users", `{"user":[]}`: "unknown field", `{"users":[{"name":"a b","role":"view"}]}`: "no name",
		`{"users":[{"name":"a","role":"admin"}]}`:                                      "write view or operate",
		`{"users":[{"name":"a","role":"view","password":"secret"}]}`:                   "no argon2id hash",
		`{"users":[{"name":"a","role":"view"},{"name":"a","role":"operate"}]}`:         "twice",
		`{"tokens":[{"name":"a","scope":"view","prefix":"grg_00000000","hash":"00"}]}`: "no hash or prefix",
	} {
		if _, err := parseBook([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("parseBook(%s) = %v, want %q in it", text, err, want)
		}
	}
}

func FuzzParseBook(f *testing.F) {
	f.Add([]byte(`{"users":[{"name":"a","role":"view","password":"` + hashed + `"}],"tokens":[{"name":"t"}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		b, err := parseBook(text)
		if err != nil {
			return
		}
		for _, u := range b.Users {
			if CheckName(u.Name) != nil || !u.Role.May(View) {
				t.Errorf("parseBook(%q) let %+v in", text, u)
			}
		}
		b.token(tokenStart+"00000000_x", time.Now())
	})
}

func FuzzParseHash(f *testing.F) {
	f.Add(hashed)
	f.Fuzz(func(t *testing.T, text string) {
		if c, _, err := parseHash(text); err == nil && (c.memory > most.memory || c.times > most.times || c.times < 1 || c.lanes < 1) {
			t.Errorf("parseHash(%q) allows %+v", text, c)
		}
	})
}

func TestFiveAttemptsAMinuteThenEverLongerWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAttempts()
		began := time.Now()
		var at []int
		for time.Since(began) < time.Hour {
			if a.begin(t.Context(), here) == nil {
				at = append(at, int(time.Since(began).Minutes()))
			}
			time.Sleep(time.Second)
		}
		if want := []int{0, 0, 0, 0, 0, 1, 3, 7, 15, 30, 45}; !reflect.DeepEqual(at, want) {
			t.Errorf("attempts are let through in minutes %v, want %v", at, want)
		}
		var tooMany *TooMany
		if err := a.begin(t.Context(), here); !errors.As(err, &tooMany) || tooMany.Seconds() < 1 {
			t.Errorf("begin = %v, want a time to wait", err)
		}
		if err := a.begin(t.Context(), netip.MustParseAddr("192.0.2.2")); err != nil {
			t.Errorf("another address has to wait: %v", err)
		}
		time.Sleep(forgetAfter + longestWait + time.Second)
		if err := a.begin(t.Context(), here); err != nil {
			t.Errorf("after more than an hour of rest: %v", err)
		}
	})
}

// flood has somebody try to come in each 10 ms, from ever other networks, until the test
// calls end, which returns how often they got to try.
func flood(t *testing.T, a *attempts, from func(i int) netip.Addr) (end func() int) {
	ctx, cancel := context.WithCancel(t.Context())
	var tries atomic.Int32
	var all sync.WaitGroup
	all.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			all.Go(func() {
				if a.begin(ctx, from(i)) == nil {
					tries.Add(1)
				}
			})
			time.Sleep(10 * time.Millisecond)
		}
	})
	return func() int {
		cancel()
		all.Wait()
		return int(tries.Load())
	}
}

// networks are as many as there are, each with many addresses.
func networks(n int) func(int) netip.Addr {
	return func(i int) netip.Addr { return netip.AddrFrom4([4]byte{10, 1, byte(i % n), byte(i / n)}) }
}

func TestAllStrangersTogetherHaveSixtyAttemptsAMinute(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAttempts()
		end := flood(t, a, networks(250))
		time.Sleep(time.Minute)
		synctest.Wait()
		if n := len(a.line.waiting); n > maxWaiting {
			t.Errorf("%d strangers wait, want %d at most", n, maxWaiting)
		}
		if let := end(); let < perMinute-1 || let > perMinute+burst {
			t.Errorf("%d attempts were let through in a minute, want %d and at first %d more", let, perMinute, burst)
		}
		if n := len(a.by); n > perMinute+burst {
			t.Errorf("%d addresses are remembered, want only those that were let through", n)
		}
		if n := len(a.line.waiting); n != 0 {
			t.Errorf("%d who have gone still wait", n)
		}
	})
}

func TestStrangersDoNotKeepOutWhoHasComeInFromThereBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAttempts()
		if err := a.begin(t.Context(), here); err != nil {
			t.Fatal(err)
		}
		a.succeed(here)
		defer flood(t, a, networks(250))()
		for range 30 {
			time.Sleep(time.Minute)
			began := time.Now()
			if err := a.begin(t.Context(), here); err != nil || time.Since(began) > 0 {
				t.Errorf("begin in a flood = %v after %s, want none at once", err, time.Since(began))
			}
			a.succeed(here)
		}
		for range freeTries {
			a.begin(t.Context(), here)
		}
		var tooMany *TooMany
		if err := a.begin(t.Context(), here); !errors.As(err, &tooMany) {
			t.Errorf("begin after %d that failed there = %v, want a time to wait", freeTries, err)
		}
	})
}

// Who comes for the first time during a flood has a turn before those who come again and
// again, from however many addresses of their networks.
func TestInAFloodWhoeverIsNewIsNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAttempts()
		end := flood(t, a, networks(60))
		time.Sleep(2 * time.Minute) // until each network has had its turn
		for i := range 20 {
			began := time.Now()
			if err := a.begin(t.Context(), netip.AddrFrom4([4]byte{192, 0, byte(i), 1})); err != nil || time.Since(began) > 3*time.Second {
				t.Errorf("begin of a newcomer in a flood = %v after %s, want none within a few turns", err, time.Since(began))
			}
			time.Sleep(10 * time.Second)
		}
		end()
		time.Sleep(time.Hour)
		if err := a.begin(t.Context(), here); err != nil || len(a.line.turns) != 1 {
			t.Errorf("after the flood: %v, and %d networks have turns behind them, want only this one", err, len(a.line.turns))
		}
	})
}

func TestNobodyWaitsLongForATurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAttempts()
		var all sync.WaitGroup
		var let, sent atomic.Int32
		for i := range 100 {
			all.Go(func() {
				began := time.Now()
				err := a.begin(t.Context(), networks(100)(i))
				var tooMany *TooMany
				switch {
				case err == nil:
					let.Add(1)
				case errors.As(err, &tooMany):
					sent.Add(1)
				}
				if d := time.Since(began); d > lineWait {
					t.Errorf("somebody waited %s, want %s at most", d, lineWait)
				}
			})
		}
		all.Wait()
		if let.Load() < burst+9 || let.Load() > burst+11 || let.Load()+sent.Load() != 100 {
			t.Errorf("of 100 at once %d were let through and %d sent away, want about %d and the others", let.Load(), sent.Load(), burst+10)
		}
	})
}

func TestTheRightLinkComesInHoweverManyWrongOnesCame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var link string
		k, err := NewKeeper(Options{Log: quiet, Link: func(s string) { link = s }})
		if err != nil {
			t.Fatal(err)
		}
		defer k.Close()
		for range 2 * freeTries {
			k.FollowLink(t.Context(), here, "wrong")
		}
		var tooMany *TooMany
		if _, _, err := k.FollowLink(t.Context(), here, "wrong"); !errors.As(err, &tooMany) {
			t.Errorf("FollowLink of one wrong link after another = %v, want a time to wait", err)
		}
		if _, _, err := k.FollowLink(t.Context(), here, link); err != nil {
			t.Errorf("FollowLink of the right one = %v, want that it comes in", err)
		}
	})
}

func TestAnAccountIsNoWayToTryThoseOfOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAttempts()
		tried := 0
		for range 600 { // ten minutes, one's own account in turn with another
			if a.begin(t.Context(), here) == nil {
				a.succeed(here)
			}
			if a.begin(t.Context(), here) == nil {
				tried++
			}
			time.Sleep(time.Second)
		}
		if tried > 9 {
			t.Errorf("%d attempts at the other account in ten minutes, want at most 9", tried)
		}
	})
}

func TestAddressesOfOneNetworkAreOne(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		same bool
	}{
		{"2001:db8::1", "2001:db8::ffff:1", true}, {"2001:db8::1", "2001:db8:0:1::1", false}, {"10.0.0.1", "10.0.0.2", false},
		{"::ffff:10.0.0.1", "10.0.0.1", true}, {"fe80::1%eth0", "fe80::2%eth1", true},
	} {
		if got := network(netip.MustParseAddr(tt.a)) == network(netip.MustParseAddr(tt.b)); got != tt.same {
			t.Errorf("%s and %s count as one: %v, want %v", tt.a, tt.b, got, tt.same)
		}
	}
	network(netip.Addr{})
}

func TestASessionLastsTwelveHoursAndIdlesForOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var l sessions
		defer l.close()
		id, _ := l.begin("ann", Operate, ByPassword, "")
		if len(id) < 43 || l.find(id) == nil || l.find(id+"x") != nil || l.find("") != nil {
			t.Errorf("a session's id is %q, which has to be 256 bits and the only one", id)
		}
		for began := time.Now(); ; time.Sleep(59 * time.Minute) {
			if l.find(id) == nil {
				if lasted := time.Since(began); lasted < SessionLasts || lasted > SessionLasts+time.Hour {
					t.Errorf("in use all the time a session lasted %s, want %s", lasted, SessionLasts)
				}
				break
			}
		}
		id, s := l.begin("ann", Operate, ByPassword, "")
		time.Sleep(SessionIdles)
		if l.find(id) != nil || s.ctx.Err() == nil {
			t.Errorf("nobody used it for %s, and it goes on", SessionIdles)
		}
		id, s = l.begin("ann", Operate, ByPassword, "")
		release := s.visitor(Operate).Hold()
		time.Sleep(3 * time.Hour)
		if l.find(id) == nil {
			t.Error("a session is idle although its page is open")
		}
		release()
		time.Sleep(SessionIdles)
		if l.find(id) != nil {
			t.Error("once its page is closed a session is never idle")
		}
		_, s = l.begin("ann", Operate, ByPassword, "")
		s.visitor(Operate).Hold()
		select {
		case <-s.visitor(Operate).Ended():
		case <-time.After(SessionLasts + time.Second):
			t.Error("a page that is open outlasts its session")
		}
		first, _ := l.begin("ann", Operate, ByPassword, "")
		for range maxSessions {
			time.Sleep(time.Millisecond)
			l.begin("ann", Operate, ByPassword, "")
		}
		if len(l.all) != maxSessions || l.find(first) != nil {
			t.Errorf("%d sessions at once, want at most %d and the oldest gone", len(l.all), maxSessions)
		}
	})
}

func TestALinkWorksOnceAndIsFollowedByTheNext(t *testing.T) {
	var told []string
	k, err := NewKeeper(Options{Log: quiet, Link: func(s string) { told = append(told, s) }})
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	if len(told) != 1 || len(told[0]) < 43 {
		t.Fatalf("links told = %q, want one of 256 bits", told)
	}
	cookie, v, err := k.FollowLink(t.Context(), here, told[0])
	if err != nil || v.Role != Operate || v.Way != ByLink {
		t.Fatalf("FollowLink = %+v, %v", v, err)
	}
	if v, ok := k.Cookie(cookie); !ok || v.Role != Operate || !k.Still(v) {
		t.Errorf("Cookie = %+v, %v", v, ok)
	}
	for _, used := range []string{told[0], "", told[1] + "x"} {
		if _, _, err := k.FollowLink(t.Context(), here, used); err != ErrWrong {
			t.Errorf("FollowLink(%q) = %v, want ErrWrong", used, err)
		}
	}
	if _, _, err := k.FollowLink(t.Context(), here, told[1]); err != nil || len(told) != 3 {
		t.Errorf("the next link: %v, of %d", err, len(told))
	}
	users, _ := keep(t, ann(), Options{Link: func(string) { t.Error("there are users, and a link") }})
	if _, _, err := users.FollowLink(t.Context(), here, ""); err != ErrWrong {
		t.Errorf("FollowLink without one = %v, want ErrWrong", err)
	}
}

func TestOnceThereAreUsersNoLinkWorks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	if err := (Book{}).Write(path); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var links []string
		k, err := NewKeeper(Options{File: path, Log: slog.New(slog.DiscardHandler), Link: func(s string) { links = append(links, s) }})
		if err != nil {
			t.Fatal(err)
		}
		defer k.Close()
		b := ann()
		if err := b.Write(path); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * lookEvery)
		if _, _, err := k.FollowLink(t.Context(), netip.MustParseAddr("192.0.2.1"), links[0]); !errors.Is(err, ErrWrong) || len(links) != 1 {
			t.Errorf("a link from before there were users: %v, %d links; want %v and one", err, len(links), ErrWrong)
		}
	})
}

func TestWhoIsRemovedOrChangedIsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, path := keep(t, ann(), Options{})
		edit := func(f func(*Book)) {
			t.Helper()
			if err := EditBook(path, func(b *Book) error { f(b); return nil }); err != nil {
				t.Fatal(err)
			}
			time.Sleep(2 * lookEvery)
		}
		annsCookie, annNow, err := k.LogIn(t.Context(), here, "ann", "correct horse")
		if err != nil {
			t.Fatal(err)
		}
		bobsCookie, bobNow, err := k.LogIn(t.Context(), here, "bob", "correct horse")
		if err != nil || bobNow.Role != View {
			t.Fatalf("%+v, %v", bobNow, err)
		}
		var token string
		edit(func(b *Book) { token, _ = b.AddToken("ci", View, time.Now().Add(time.Hour)) })
		ci, ok := k.Token(token)
		if !ok || ci.Name != "ci" || ci.Role != View {
			t.Errorf("Token = %+v, %v", ci, ok)
		}
		for _, wrong := range []string{"", "grg_", token[:prefixSize], token + "x", token[:len(token)-1], "grg_00000000" + token[prefixSize:]} {
			if _, ok := k.Token(wrong); ok {
				t.Errorf("Token(%q) is let in", wrong)
			}
		}

		edit(func(b *Book) { b.SetUser(User{Name: "bob", Role: Operate, Password: hashed}) })
		if v, ok := k.Cookie(bobsCookie); !ok || v.Role != Operate || k.Still(bobNow) {
			t.Errorf("bob, now an operator, is %+v, %v; his open page stays as it is: %v", v, ok, k.Still(bobNow))
		}
		edit(func(b *Book) { b.SetUser(User{Name: "bob", Role: Operate, Password: Hash("another horse")}) })
		if _, ok := k.Cookie(bobsCookie); ok {
			t.Error("bob's session outlasts his password")
		}
		if v, _ := k.Cookie(annsCookie); !k.Still(annNow) || v.Name != "ann" {
			t.Error("ann is out though only bob has changed")
		}
		if err := os.WriteFile(path, []byte("{broken"), 0o600); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * lookEvery)
		if !k.Still(annNow) || !k.Still(ci) {
			t.Error("a file that cannot be read puts everybody out")
		}
		if err := ann().Write(path); err != nil {
			t.Fatal(err)
		}
		edit(func(b *Book) { b.RemoveUser("ann") })
		if _, ok := k.Cookie(annsCookie); ok || k.Still(annNow) || k.Still(ci) {
			t.Error("who was removed is still in")
		}
		if _, _, err := k.LogIn(t.Context(), here, "ann", "correct horse"); err != ErrWrong {
			t.Errorf("LogIn of who was removed = %v", err)
		}
		edit(func(b *Book) { token, _ = b.AddToken("short", Operate, time.Now().Add(time.Minute)) })
		short, ok := k.Token(token)
		time.Sleep(time.Minute)
		if _, now := k.Token(token); !ok || now || k.Still(short) {
			t.Error("a token outlasts its time")
		}
		k.LogOut(annsCookie)
		k.LogOut("never was")
	})
}

func TestAProxyNamesWhoIsInTheBookOrAnybodyWithoutOne(t *testing.T) {
	with, _ := keep(t, ann(), Options{})
	without, err := NewKeeper(Options{Log: quiet})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		k    *Keeper
		name string
		role Role
	}{
		{with, "ann", Operate}, {with, "pia", View}, {with, "eve", ""}, {with, "", ""}, {without, "eve", Operate}, {without, "", ""},
		{without, "a\nb", ""}, {without, "<b>", ""}, {without, "eve@corp.test", Operate},
	} {
		v, ok := tt.k.Proxy(tt.name)
		if ok != (tt.role != "") || ok && v.Role != tt.role {
			t.Errorf("Proxy(%q) = %+v, %v, want role %q", tt.name, v, ok, tt.role)
		}
	}
}

func TestOnlyTrustedProxiesAreBelieved(t *testing.T) {
	p, err := ParseProxies([]string{"127.0.0.1", "10.0.0.0/8", "2001:db8::/32"})
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"x", "10.0.0.0/99", "10.0.0"} {
		if _, err := ParseProxies([]string{bad}); err == nil || !strings.Contains(err.Error(), "for example") {
			t.Errorf("ParseProxies(%q) = %v", bad, err)
		}
	}
	for _, tt := range []struct {
		remote, header string
		want           Peer
	}{
		{"192.0.2.7:1", "X-Forwarded-For: 1.2.3.4|X-Forwarded-Proto: https|X-Forwarded-Host: evil.test", Peer{IP: netip.MustParseAddr("192.0.2.7"), Host: "us.test"}},
		{"127.0.0.1:1", "", Peer{IP: netip.MustParseAddr("127.0.0.1"), Host: "us.test", Proxied: true}},
		{"127.0.0.1:1", "X-Forwarded-For: 1.2.3.4", Peer{IP: netip.MustParseAddr("1.2.3.4"), Host: "us.test", Proxied: true}},
		{"[::ffff:127.0.0.1]:1", "X-Forwarded-For: 1.2.3.4", Peer{IP: netip.MustParseAddr("1.2.3.4"), Host: "us.test", Proxied: true}},
		{"127.0.0.1:1", "X-Forwarded-For: 6.6.6.6, 1.2.3.4, 10.1.1.1", Peer{IP: netip.MustParseAddr("1.2.3.4"), Host: "us.test", Proxied: true}},
		{"127.0.0.1:1", "X-Forwarded-For: 6.6.6.6|X-Forwarded-For: 1.2.3.4:99", Peer{IP: netip.MustParseAddr("1.2.3.4"), Host: "us.test", Proxied: true}},
		{"127.0.0.1:1", "X-Forwarded-For: 6.6.6.6, nonsense, 10.1.1.1", Peer{IP: netip.MustParseAddr("10.1.1.1"), Host: "us.test", Proxied: true}},
		{"[2001:db8::5]:1", "X-Forwarded-For: [2001:dead::1]|X-Forwarded-Proto: HTTPS|X-Forwarded-Host: load.test",
			Peer{IP: netip.MustParseAddr("2001:dead::1"), Secure: true, Host: "load.test", Proxied: true}},
		{"@", "X-Forwarded-For: 1.2.3.4", Peer{Host: "us.test"}},
	} {
		r := httptest.NewRequest("GET", "http://us.test/", nil)
		r.RemoteAddr = tt.remote
		for f := range strings.SplitSeq(tt.header, "|") {
			if name, value, ok := strings.Cut(f, ": "); ok {
				r.Header.Add(name, value)
			}
		}
		if got := p.Peer(r); got != tt.want {
			t.Errorf("Peer(from %s, %s) = %+v, want %+v", tt.remote, tt.header, got, tt.want)
		}
	}
}

func FuzzPeer(f *testing.F) {
	f.Add("1.2.3.4, ::1", "https", "a.test")
	p, _ := ParseProxies([]string{"127.0.0.1"})
	f.Fuzz(func(t *testing.T, chain, scheme, host string) {
		r := &http.Request{RemoteAddr: "127.0.0.1:1", Header: http.Header{"X-Forwarded-For": {chain}, "X-Forwarded-Proto": {scheme}, "X-Forwarded-Host": {host}}}
		if got := p.Peer(r); !got.Proxied || !got.IP.IsValid() {
			t.Errorf("Peer(%q) = %+v", chain, got)
		}
		r.RemoteAddr = "192.0.2.1:1"
		if got := p.Peer(r); got.Proxied || got.Secure || got.IP != here {
			t.Errorf("Peer(%q) of nobody who is trusted = %+v", chain, got)
		}
	})
}
