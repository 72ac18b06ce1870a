package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gregaria/gregaria/engine/checks"
	"github.com/gregaria/gregaria/engine/load"
)

// saved returns a run that is over, and what it is saved as.
func saved(t *testing.T) (*Status, []byte) {
	t.Helper()
	var s *Status
	synctest.Test(t, func(t *testing.T) {
		broken := always("broken", load.Constant(time.Second), func(u *load.User) error { return errBroken })
		e := newEngine(t, &target{}, always("fine", load.Constant(100*time.Millisecond), get("/")), broken)
		check, err := checks.ParseAll("p95 < 300ms")
		if err != nil {
			t.Fatal(err)
		}
		mustStart(t, e, Config{Users: 5, SpawnRate: 5, Host: "http://ann:secret@target.test", RunTime: 20 * time.Second, Checks: check})
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		e.Close()
		s = e.Status()
	})
	var b bytes.Buffer
	if err := s.Save(&b); err != nil {
		t.Fatal(err)
	}
	return s, b.Bytes()
}

// words returns all of a status but its numbers as text.
func words(t *testing.T, s *Status) string {
	t.Helper()
	rest := *s
	rest.Stats, rest.Config.Host = nil, ""
	text, err := json.Marshal(&rest)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestASavedRunComesBackAsItWas(t *testing.T) {
	want, b := saved(t)
	got, err := ReadStatus(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := words(t, got), words(t, want); got != want {
		t.Errorf("ReadStatus(Save) =\n%s\nwant\n%s", got, want)
	}
	if got.Config.Host != "http://target.test" {
		t.Errorf("the host is saved as %q, want it without user and password", got.Config.Host)
	}
	if !bytes.Equal(got.Stats.AppendBinary(nil), want.Stats.AppendBinary(nil)) || !bytes.Equal(got.History.AppendBinary(nil), want.History.AppendBinary(nil)) {
		t.Error("ReadStatus(Save) has other numbers than before")
	}
	if len(got.Stats.Exceptions) == 0 || got.History.Len() < 20 || len(got.Checks) == 0 || len(got.Events) == 0 || !reflect.DeepEqual(got.Scenarios[0].Counts, want.Scenarios[0].Counts) {
		t.Errorf("ReadStatus(Save) = %d exceptions, %d steps, %d checks, %d events: want all there were", len(got.Stats.Exceptions), got.History.Len(), len(got.Checks), len(got.Events))
	}
	var again bytes.Buffer
	if err := got.Save(&again); err != nil || !bytes.Equal(again.Bytes(), b) {
		t.Errorf("a run that was read is saved otherwise: %v", err)
	}
}

func TestARestoredRunIsShownUntilTheNext(t *testing.T) {
	_, b := saved(t)
	restored, err := ReadStatus(bytes.NewReader(b))
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		e, err := New(load.Suite{Scenarios: []load.Planner{once()}}, Options{Logger: slog.New(slog.DiscardHandler), Transports: (&target{}).transports, Restore: restored})
		if err != nil {
			t.Fatal(err)
		}
		defer e.Close()
		if s := e.Status(); s.State != Stopped || s.Run != 1 || s.Stats.Total.Requests() == 0 {
			t.Errorf("the engine begins with run %d, %s, %d requests, want the restored one", s.Run, s.State, s.Stats.Total.Requests())
		}
		if err := e.Pause(); !errors.Is(err, ErrOver) {
			t.Errorf("Pause() = %v, want %v", err, ErrOver)
		}
		e.Stop("nothing to stop")
		e.Reset()
		if s := e.Status(); s.State != Stopped || s.Stats.Total.Requests() != 0 || s.History.Len() != 0 {
			t.Errorf("after a reset: %s, %d requests, %d steps, want none of a stopped run", s.State, s.Stats.Total.Requests(), s.History.Len())
		}
		mustStart(t, e, Config{Users: 1, SpawnRate: 1, Host: "http://target.test", Iterations: 3})
		if err := e.Wait(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s := e.Status(); s.Run != 2 || s.Stats.Total.Requests() != 3 {
			t.Errorf("the next is run %d with %d requests, want run 2 with 3", s.Run, s.Stats.Total.Requests())
		}
	})
}

func TestOnlyARunThatIsOverIsSaved(t *testing.T) {
	e := newEngine(t, &target{}, once())
	if err := e.Status().Save(new(bytes.Buffer)); err == nil || !strings.Contains(err.Error(), "it is ready, not over") {
		t.Errorf("Save before the first run = %v, want that it is not over", err)
	}
}

func TestReadStatusSaysWhatIsWrong(t *testing.T) {
	_, b := saved(t)
	for n := 0; n < len(b); n += 1 + n/50 {
		if _, err := ReadStatus(bytes.NewReader(b[:n])); err == nil {
			t.Fatalf("ReadStatus of the first %d of %d bytes succeeds, want an error", n, len(b))
		}
	}
	flipped := bytes.Clone(b)
	flipped[len(b)/2] ^= 1
	other := bytes.Replace(bytes.Clone(b), []byte("run 1"), []byte("run 2"), 1)
	for want, in := range map[string][]byte{
		"it is not whole":                  flipped,
		"it was not saved by this version": other,
	} {
		if _, err := ReadStatus(bytes.NewReader(in)); err == nil || !strings.Contains(err.Error(), "read run: "+want) {
			t.Errorf("ReadStatus = %v, want %q", err, want)
		}
	}
}

// FuzzParseParts looks behind the checksum.
func FuzzParseParts(f *testing.F) {
	f.Add([]byte{0, 0, 0})
	f.Add([]byte("\x1c{\"State\":\"stopped\",\"Run\":1}\x00\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := parseParts(b)
		if err == nil && (s.State != Stopped || s.Stats == nil) {
			t.Errorf("parseParts = %+v, want a run that is over", s)
		}
	})
}
