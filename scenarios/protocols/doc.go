// Package protocols has scenarios whose users speak another protocol than plain HTTP,
// each in a file to be copied and changed:
//
//   - websocket.go: a message over a WebSocket and its echo, with github.com/gorilla/websocket
//   - grpc.go: unary calls and a stream, with google.golang.org/grpc
//   - postgres.go: transactions and queries, with github.com/jackc/pgx
//   - tcp.go: lines over a TCP connection, with net
//   - stream.go: server-sent events, with gregaria's own HTTP client
//
// All have the same form. A user keeps one connection in its state: OnStart opens it,
// OnStop closes it, and a task that finds it lost opens another. Whatever takes time
// goes through [load.User.Measure], connecting included, so it has a row in the table
// like any request. Nothing waits for ever: each wait has a deadline, and all end with
// the user's context.
//
// # How to run them
//
// They are a program of their own, cmd/protocols. It has the same page and the same
// flags as gregaria:
//
//	go run ./cmd/protocols              # then open http://localhost:8089
//	go run ./cmd/protocols --help       # the flags, and whose they are
//
// Name the scenario to run, and say where its server is:
//
//	go run ./cmd/protocols websocket --websocket-url ws://127.0.0.1:8080/echo
//	go run ./cmd/protocols grpc --grpc-address 127.0.0.1:50051
//	GREGARIA_POSTGRES_DSN=postgres://ann:secret@127.0.0.1/test go run ./cmd/protocols postgres
//	go run ./cmd/protocols tcp --tcp-address 127.0.0.1:7007
//	go run ./cmd/protocols stream --demo
//
// The last needs no server but the demo. For tcp, any server will do that echoes:
//
//	socat TCP-LISTEN:7007,fork,reuseaddr EXEC:cat
//
// Without the page, for a minute, as 50 users:
//
//	go run ./cmd/protocols --headless -u 50 -r 10 -t 1m tcp
package protocols
