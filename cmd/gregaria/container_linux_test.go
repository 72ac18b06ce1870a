package main

import (
	"bytes"
	"encoding/json"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/gregaria/gregaria/cmd/modtest"
)

// A container is what the Dockerfile makes: a directory with the program and nothing else,
// in which it runs as process 1 of a user without a name.
type container struct {
	t    *testing.T
	root string
}

func newContainer(t *testing.T) container {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can make a container")
	}
	c := container{t, t.TempDir()}
	if err := os.Chmod(c.root, 0o755); err != nil {
		t.Fatal(err)
	}
	for at := filepath.Dir(c.root); at != os.TempDir() && at != "/"; at = filepath.Dir(at) {
		_ = os.Chmod(at, 0o755) // the user has to get there
	}
	build := exec.Command("go", "build", "-ldflags=-s", "-o", filepath.Join(c.root, "gregaria"), "./cmd/gregaria")
	build.Dir = root
	build.Env = append(append(os.Environ(), modtest.Env()...), "GOFLAGS=-buildvcs=false") // without C, as in the Dockerfile
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build as in the Dockerfile: %v: %s", err, out)
	}
	return c
}

// command is a process of the container.
func (c container) command(args ...string) *exec.Cmd {
	return &exec.Cmd{
		Path: "/gregaria", Args: append([]string{"/gregaria"}, args...), Dir: "/", Env: []string{},
		SysProcAttr: &syscall.SysProcAttr{
			Chroot: c.root, Cloneflags: syscall.CLONE_NEWPID,
			Credential: &syscall.Credential{Uid: 65532, Gid: 65532},
		},
	}
}

// start starts a process, which ends with the test at the latest.
func (c container) start(args ...string) *program {
	c.t.Helper()
	p := &program{t: c.t, cmd: c.command(args...), exited: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.log
	if err := p.cmd.Start(); err != nil {
		if strings.Contains(err.Error(), "operation not permitted") {
			c.t.Skipf("this machine does not let root make a container: %v", err)
		}
		c.t.Fatal(err)
	}
	go func() {
		defer close(p.exited)
		_ = p.cmd.Wait()
	}()
	c.t.Cleanup(func() { p.stop(syscall.SIGKILL) })
	return p
}

// run runs a process to its end and returns its exit status.
func (c container) run(args ...string) (status int, said string) {
	c.t.Helper()
	cmd := c.command(args...)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	_ = cmd.Run()
	return cmd.ProcessState.ExitCode(), out.String()
}

func TestTheProgramNeedsNothingAroundIt(t *testing.T) {
	t.Parallel()
	c := newContainer(t)
	if status, said := c.run("--version"); status != 0 {
		t.Fatalf("--version in an empty directory: exit status %d: %s", status, said)
	}

	demo := c.start("demo", "--listen", "127.0.0.1:0", "--bug")
	listening := regexp.MustCompile(`listening url=(\S+)`)
	eventually(t, "the demo listens", demo.log.String, func() bool { return listening.MatchString(demo.log.String()) })
	target := listening.FindStringSubmatch(demo.log.String())[1]

	gregaria := c.start("--web-host", "127.0.0.1", "--web-port", "0", "-H", target, "--stop-timeout", "60s",
		"--exit-code-on-invalid", "0", "cities") // however busy this machine is
	gregaria.findPage()
	gregaria.get("/readyz")
	for _, at := range []string{gregaria.url + "/healthz", target + "/"} {
		if status, said := c.run("healthcheck", at); status != 0 || said != "" {
			t.Errorf("healthcheck %s: exit status %d, says %q, want 0 and nothing", at, status, said)
		}
	}
	if status, said := c.run("healthcheck", gregaria.url+"/nowhere"); status != 1 || !strings.Contains(said, "404 Not Found") {
		t.Errorf("healthcheck of nothing: exit status %d, says %q, want 1 and the status", status, said)
	}
	gregaria.post("/swarm", url.Values{"user_count": {"5"}, "spawn_rate": {"100"}})
	gregaria.until("failures of the demo's bug", func(r report) bool { return r.total().failures > 0 && r.total().requests > 50 })

	// As docker stop does. Process 1 gets no signal that it does not ask for.
	if status := gregaria.stop(syscall.SIGTERM); status != 1 {
		t.Errorf("exit status after SIGTERM = %d, want 1 for the failures; log:\n%s", status, gregaria.log.String())
	}
	if !strings.Contains(gregaria.out.String(), "Aggregated") {
		t.Errorf("after SIGTERM there is no summary: %q", gregaria.out.String())
	}
	if status := demo.stop(syscall.SIGTERM); status != 0 {
		t.Errorf("the demo's exit status after SIGTERM = %d, want 0; log:\n%s", status, demo.log.String())
	}
	if status, said := c.run("healthcheck", gregaria.url+"/healthz"); status != 1 || !strings.Contains(said, "refused") {
		t.Errorf("healthcheck of a program that has ended: exit status %d, says %q, want 1 and why", status, said)
	}
}

// The image is built with the Go that the module asks for, and runs the program as
// process 1 of a user without rights, with nothing between.
func TestTheDockerfileIsWhatTheTestOfTheContainerSays(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	var stages []map[string]string // the last of each instruction
	joined := strings.ReplaceAll(string(text), "\\\n", " ")
	for line := range strings.Lines(joined) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		if word == "" || word[0] == '#' {
			continue
		}
		if word == "FROM" {
			stages = append(stages, map[string]string{})
		}
		stages[len(stages)-1][word] = strings.TrimSpace(rest)
	}
	build, image := stages[0], stages[len(stages)-1]
	mod, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindSubmatch(mod)
	if !strings.Contains(build["FROM"], " golang:"+string(version[1])+"-") {
		t.Errorf("the image is built from %s, and go.mod asks for Go %s", build["FROM"], version[1])
	}
	for word, want := range map[string]string{"FROM": "scratch", "USER": "65532:65532", "EXPOSE": "8089"} {
		if image[word] != want {
			t.Errorf("%s %s, want %s", word, image[word], want)
		}
	}
	var entry []string
	if err := json.Unmarshal([]byte(image["ENTRYPOINT"]), &entry); err != nil || len(entry) != 1 || entry[0] != "/gregaria" {
		t.Errorf("ENTRYPOINT %s, want the program, without a shell, of which there is none", image["ENTRYPOINT"])
	}
	if !strings.Contains(build["RUN"], "CGO_ENABLED=0") || !strings.Contains(image["HEALTHCHECK"], `CMD ["/gregaria", "healthcheck"]`) {
		t.Errorf("RUN %s; HEALTHCHECK %s: want a static program that checks itself", build["RUN"], image["HEALTHCHECK"])
	}
}
