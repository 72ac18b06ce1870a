//go:build unix

package protocols

import (
	"bufio"
	"context"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
)

// postgresProgram returns where a program of PostgreSQL is: Debian keeps those of the
// server out of the path. Without it the test is skipped; under CI it fails.
func postgresProgram(t *testing.T, name string) string {
	t.Helper()
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/" + name)
	if len(found) == 0 {
		const missing = "PostgreSQL IS NOT INSTALLED, SO THE POSTGRES SCENARIO IS NOT TESTED: install postgresql"
		if os.Getenv("CI") != "" {
			t.Fatal(missing)
		}
		t.Skip(missing)
	}
	return slices.Max(found)
}

// unprivileged has root's commands run as another: PostgreSQL refuses to be root.
func unprivileged(t *testing.T, dir string) *syscall.SysProcAttr {
	t.Helper()
	if os.Getuid() != 0 {
		return nil
	}
	who, err := user.Lookup("postgres")
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(who.Uid)
	gid, _ := strconv.Atoi(who.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	return &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
}

// openPostgres starts a server of the test's own, which listens on nothing but a
// socket in a directory of its own, and returns its DSN.
func openPostgres(t *testing.T) (dsn string) {
	t.Helper()
	initdb, server := postgresProgram(t, "initdb"), postgresProgram(t, "postgres")
	dir, err := os.MkdirTemp("", "pg") // t.TempDir is root's, and its path may be too long for a socket
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	as, data := unprivileged(t, dir), filepath.Join(dir, "data")
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.Command(name, args...)
		cmd.Dir, cmd.SysProcAttr, cmd.Env = dir, as, append(os.Environ(), "LC_ALL=C")
		return cmd
	}
	if out, err := command(initdb, "--auth=trust", "--username=postgres", "--no-sync", "--pgdata", data).CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, out)
	}
	cmd := command(server, "-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ready, ended := make(chan struct{}), make(chan struct{})
	var log strings.Builder // until ended is closed, the goroutine's
	go func() {
		defer close(ended)
		lines := bufio.NewScanner(io.TeeReader(stderr, &log))
		for lines.Scan() && !strings.Contains(lines.Text(), "ready to accept connections") {
		}
		close(ready)
		for lines.Scan() {
		}
	}()
	t.Cleanup(func() {
		if err := cmd.Process.Signal(syscall.SIGINT); err != nil { // fast shutdown: clients are sent away
			t.Error(err)
		}
		<-ended
		if err := cmd.Wait(); err != nil {
			t.Errorf("postgres: %v\n%s", err, log.String())
		}
	})
	select {
	case <-ready:
	case <-time.After(time.Minute):
		t.Fatal("postgres does not get ready")
	}
	return "postgres://postgres@/postgres?host=" + dir
}

// A registrar is the test's own connection to the server.
type registrar struct {
	t    *testing.T
	conn *pgx.Conn
}

func newRegistrar(t *testing.T, dsn string) registrar {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close(context.Background()) })
	return registrar{t, conn}
}

func (r registrar) do(statements string) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	if _, err := r.conn.Exec(ctx, statements); err != nil {
		r.t.Fatalf("%s: %v", statements, err)
	}
}

// count returns the one number that a query is answered with.
func (r registrar) count(query string) (n int64) {
	r.t.Helper()
	if err := r.conn.QueryRow(r.t.Context(), query).Scan(&n); err != nil {
		r.t.Fatalf("%s: %v", query, err)
	}
	return n
}

// checkDropped fails the test if the scenario left its table behind.
func (r registrar) checkDropped() {
	r.t.Helper()
	if n := r.count(`select count(*) from pg_class where relname = 'gregaria_notes'`); n != 0 {
		r.t.Errorf("after the run: %d tables gregaria_notes, want none", n)
	}
}

// eager is the notes without a wait, so that tests are quick.
func eager() load.Scenario[noter] {
	s := notes
	s.Wait = load.Wait{}
	return s
}

// The tests share a server: starting one takes seconds.
func TestPostgres(t *testing.T) {
	dsn := openPostgres(t)
	t.Run("agrees with its server", func(t *testing.T) { postgresAgrees(t, dsn) })
	t.Run("makes its table and drops it", func(t *testing.T) { postgresSetsUp(t, dsn) })
	t.Run("connects again when the connection is lost", func(t *testing.T) { postgresConnectsAgain(t, dsn) })
	t.Run("stops while it waits", func(t *testing.T) { postgresStops(t, dsn) })
}

func postgresAgrees(t *testing.T, dsn string) {
	r := newRegistrar(t, dsn)
	// The server keeps a count of its own: a trigger sees each note that is committed.
	r.do(`
		create table gregaria_notes (id bigserial primary key, body text not null);
		create table audit (body text);
		create function audit() returns trigger language plpgsql as
			$$ begin insert into audit values (new.body); return null; end $$;
		create trigger audit after insert on gregaria_notes for each row execute function audit()`)
	const users, iterations = 5, 200
	s := finish(t, eager(), engine.Config{Users: users, Iterations: iterations, Params: map[string]string{"postgres-dsn": dsn}})
	written := r.count(`select count(distinct body) from audit`)
	if written == 0 || written == iterations {
		t.Errorf("server saw %d notes of %d tasks, want some", written, iterations)
	}
	checkRows(t, s, map[string]count{
		"SQL connect":              {users, 0},
		"SQL insert and read back": {written, 0},
		"SQL latest notes":         {iterations - written, 0},
	})
	r.checkDropped()
}

func postgresSetsUp(t *testing.T, dsn string) {
	s := finish(t, eager(), engine.Config{Users: 2, Iterations: 10, Params: map[string]string{"postgres-dsn": dsn}})
	if s.Stats.Total.Requests() != 12 || s.Stats.Total.Failures() != 0 {
		t.Errorf("%d requests and %d failures, want 2 connections, 10 tasks and no failure", s.Stats.Total.Requests(), s.Stats.Total.Failures())
	}
	newRegistrar(t, dsn).checkDropped()
}

func postgresConnectsAgain(t *testing.T, dsn string) {
	s := eager()
	s.Tasks = []load.Task[noter]{{Name: "sever", Run: func(n *noter, u *load.User) error {
		_ = n.write(u)
		_ = n.measure(u, "sever", func(ctx context.Context) (int64, error) {
			_, err := n.conn.Exec(ctx, `select pg_terminate_backend(pg_backend_pid())`)
			return 0, err
		})
		return n.write(u)
	}}}
	got := finish(t, s, engine.Config{Users: 1, Iterations: 1, Params: map[string]string{"postgres-dsn": dsn}})
	checkRows(t, got, map[string]count{"SQL connect": {2, 0}, "SQL insert and read back": {2, 0}, "SQL sever": {1, 1}})
}

func postgresStops(t *testing.T, dsn string) {
	const users = 5
	r := newRegistrar(t, dsn)
	r.do(`
		create table gregaria_notes (id bigserial primary key, body text not null);
		create function hold() returns trigger language plpgsql as
			$$ begin perform pg_advisory_xact_lock(1); return new; end $$;
		create trigger hold before insert on gregaria_notes for each row execute function hold();
		select pg_advisory_lock(1)`)
	s := eager()
	s.Tasks = []load.Task[noter]{{Run: (*noter).write}}
	e := begin(t, s, engine.Config{Users: users, Params: map[string]string{"postgres-dsn": dsn}})
	r.do(`do $$ begin
		while (select count(*) from pg_locks where locktype = 'advisory' and not granted) < 5 loop
			perform pg_sleep(0.01);
		end loop;
	end $$`)
	checkStop(t, e, map[string]count{"SQL connect": {users, 0}})
	r.checkDropped()
}

func TestPostgresNeverShowsThePassword(t *testing.T) {
	for _, dsn := range []string{
		"postgres://ann:hunter2@127.0.0.1:1/notes", // nobody listens there
		"postgres://ann:hunter2@127.0.0.1:port/notes",
		"host=127.0.0.1 port=x password=hunter2",
	} {
		e := begin(t, eager(), engine.Config{Users: 1, Params: map[string]string{"postgres-dsn": dsn}})
		awaitStatus(t, e, func(s *engine.Status) bool { return s.State == engine.Stopped })
		s := e.Status()
		if !strings.Contains(s.Reason, "scenario postgres: Setup failed") || strings.Contains(s.Reason, "hunter2") {
			t.Errorf("with DSN %s, the reason is %q, want that Setup failed, without the password", dsn, s.Reason)
		}
		for _, m := range s.Stats.Exceptions {
			if strings.Contains(m.Message, "hunter2") {
				t.Errorf("with DSN %s, an exception shows the password: %s", dsn, m.Message)
			}
		}
	}
}
