//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package cli

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Of two programs that would write to the same files the second is refused, and told whose
// they are, until the first has ended, however it did.
func TestFilesOfARunningProgramAreItsOwn(t *testing.T) {
	tg := newTarget(t, fine)
	dir := t.TempDir()
	prefix, file := filepath.Join(dir, "run"), filepath.Join(dir, "{u}.json")
	start := func(args ...string) *child {
		return launch(t, nil, append(args, "--headless", "-H", tg.URL, "hit")...)
	}
	first := start("--csv", prefix, "--report", file)
	first.err.find(t, `run is running`)
	pid := first.cmd.Process.Pid
	second := start("--csv", prefix, "--report", filepath.Join(dir, "1.json"), "--html", filepath.Join(dir, "other.html"), "-t", "1")
	second.exits(t, 4)
	second.err.find(t, fmt.Sprintf(`: --csv: %s_….csv: another program, process %d writes to it — give another name, or end that one first\n`, prefix, pid))
	second.err.find(t, fmt.Sprintf(`: --report: %s: another program, process %d writes to it`, filepath.Join(dir, "1.json"), pid))
	if text := second.err.String(); strings.Contains(text, "run is running") || strings.Contains(text, "other.html") {
		t.Errorf("stderr\n%s\nwant no run, and nothing about the file that is free", text)
	}
	start("--csv", prefix+"2", "--report", filepath.Join(dir, "2.json"), "-t", "1", "-s", "60").exits(t, 0)

	first.signal(t, syscall.SIGKILL)
	first.exits(t, -1)
	start("--csv", prefix, "--report", file, "-t", "1", "-s", "60").exits(t, 0)
	for _, name := range []string{".run_stats.csv.lock", ".1.json.lock", ".run2_stats.csv.lock"} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			t.Errorf("%s is left behind by a program that ended as it ought to", name)
		}
	}
}

func TestAClaimIsOneProgramsAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.json")
	var mu sync.Mutex
	holding, most := 0, 0
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 200 {
				c, err := claimed(path)
				if err != nil {
					continue
				}
				mu.Lock()
				holding++
				most = max(most, holding)
				mu.Unlock()
				runtime.Gosched()
				mu.Lock()
				holding--
				mu.Unlock()
				c.release()
			}
		})
	}
	all.Wait()
	if most != 1 {
		t.Errorf("%d claims at once, want 1", most)
	}
}

// What is no lock keeps nobody from writing: whether the file can be written to shows then.
func TestWhereNoLockCanBeHadNobodyIsRefused(t *testing.T) {
	dir := t.TempDir()
	other := filepath.Join(dir, "other")
	if err := os.WriteFile(other, []byte("theirs"), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, make := range map[string]func(lock string) error{
		"a link":         func(lock string) error { return os.Symlink(other, lock) },
		"a folder":       func(lock string) error { return os.Mkdir(lock, 0o777) },
		"no folder":      func(lock string) error { return nil },
		"one left over":  func(lock string) error { return os.WriteFile(lock, []byte("1 elsewhere\n"), 0o666) },
		"somebody's own": func(lock string) error { return os.WriteFile(lock, []byte("1 elsewhere\n"), 0o444) },
	} {
		path := filepath.Join(dir, name+".json")
		if name == "no folder" {
			path = filepath.Join(dir, "gone", "x.json")
		}
		if err := make(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+".lock")); err != nil {
			t.Fatal(err)
		}
		c, err := claimed(path)
		if err != nil {
			t.Errorf("%s in place of the lock: %v, want nil", name, err)
		}
		c.release()
	}
	if text, _ := os.ReadFile(other); string(text) != "theirs" {
		t.Errorf("what a link leads to holds %q, want what was there", text)
	}
}

func TestWhoHoldsALockIsSaidAsFarAsItIsKnown(t *testing.T) {
	host, _ := os.Hostname()
	for text, want := range map[string]string{
		"":                  "another program",
		"x\x1b[2J":          "another program",
		"-3 here":           "another program",
		"12":                "another program, process 12",
		"12 " + host + "\n": "another program, process 12",
		"12 far.test\n":     "another program, process 12 on far.test",
	} {
		path := filepath.Join(t.TempDir(), "lock")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := holder(f); got != want {
			t.Errorf("holder of %q = %q, want %q", text, got, want)
		}
		f.Close()
	}
}
