package protocols

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/gregaria/gregaria/engine/load"
)

// A noter has a connection to PostgreSQL. It writes notes and reads the latest, in
// a table that is there for the time of the run.
type noter struct {
	conn *pgx.Conn // nil when there is none
}

var notes = load.Scenario[noter]{
	Name:     "postgres",
	Help:     "each user writes notes into a table of PostgreSQL and reads the latest",
	Protocol: load.NoHTTP,
	Params:   []load.Parameter{noteDSN},
	Wait:     load.Between(500*time.Millisecond, 1500*time.Millisecond),
	Setup:    (*noter).createTable,
	Teardown: (*noter).dropTable,
	OnStart:  (*noter).connect,
	OnStop:   (*noter).hangUp,
	Tasks: []load.Task[noter]{
		{Run: (*noter).write, Tags: []string{"write"}},
		{Run: (*noter).read, Weight: 3, Tags: []string{"read"}},
	},
}

// A DSN has a password in it, so it is not shown.
var noteDSN = load.Param[string]{
	Name: "postgres-dsn", Default: "postgres://postgres@127.0.0.1:5432/postgres", Secret: true,
	Help: "database to connect to: postgres://user:password@host:port/database",
}

// noteTimeout is how long connecting, a query or a transaction may take.
const noteTimeout = 10 * time.Second

func (*noter) createTable(u *load.User) error {
	return execute(u, `create table if not exists gregaria_notes (id bigserial primary key, body text not null)`)
}

func (*noter) dropTable(u *load.User) error { return execute(u, `drop table if exists gregaria_notes`) }

// execute runs one statement on a connection of its own: users begin with a copy of
// the state that Setup leaves, and none of them may have another's connection.
func execute(u *load.User, statement string) error {
	ctx, cancel := context.WithTimeout(u.Context(), noteTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, noteDSN.Of(u))
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, statement)
	return err
}

// connect connects unless the user has a connection that works.
func (n *noter) connect(u *load.User) error {
	if n.conn != nil && !n.conn.IsClosed() {
		return nil
	}
	return u.Measure("SQL", "connect", func(ctx context.Context) (size int64, err error) {
		ctx, cancel := context.WithTimeout(ctx, noteTimeout)
		defer cancel()
		n.conn, err = pgx.Connect(ctx, noteDSN.Of(u))
		return 0, err
	})
}

// measure times a piece of work on the connection. When the work is cut short the
// connection is closed, and the next begins by connecting.
func (n *noter) measure(u *load.User, name string, work func(ctx context.Context) (size int64, err error)) error {
	if err := n.connect(u); err != nil {
		return err
	}
	return u.Measure("SQL", name, func(ctx context.Context) (int64, error) {
		ctx, cancel := context.WithTimeout(ctx, noteTimeout)
		defer cancel()
		return work(ctx)
	})
}

// write is a transaction: it is measured as a whole, with its commit.
func (n *noter) write(u *load.User) error {
	want := u.Unique("note")
	return n.measure(u, "insert and read back", func(ctx context.Context) (int64, error) {
		var got string
		err := pgx.BeginFunc(ctx, n.conn, func(tx pgx.Tx) error {
			var id int64
			if err := tx.QueryRow(ctx, `insert into gregaria_notes (body) values ($1) returning id`, want).Scan(&id); err != nil {
				return err
			}
			return tx.QueryRow(ctx, `select body from gregaria_notes where id = $1`, id).Scan(&got)
		})
		if err == nil && got != want {
			err = fmt.Errorf("note reads %q, want %q", got, want)
		}
		return int64(len(got)), err
	})
}

func (n *noter) read(u *load.User) error {
	return n.measure(u, "latest notes", func(ctx context.Context) (size int64, err error) {
		rows, err := n.conn.Query(ctx, `select body from gregaria_notes order by id desc limit 10`)
		if err != nil {
			return 0, err
		}
		bodies, err := pgx.CollectRows(rows, pgx.RowTo[string])
		for _, body := range bodies {
			size += int64(len(body))
		}
		return size, err
	})
}

func (n *noter) hangUp(u *load.User) error {
	if n.conn != nil {
		n.conn.Close(u.Context())
	}
	return nil
}
