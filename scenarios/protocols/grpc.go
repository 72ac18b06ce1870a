package protocols

import (
	"context"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/protobuf/proto"

	"github.com/gregaria/gregaria/engine/load"
)

// A caller asks a server for its health: the service that most gRPC servers have.
// Another service takes the place of its client, and nothing else changes.
type caller struct {
	conn   *grpc.ClientConn
	health grpc_health_v1.HealthClient
}

var calls = load.Scenario[caller]{
	Name:     "grpc",
	Help:     "each user asks a gRPC server for its health, and watches it until it serves",
	Protocol: load.NoHTTP,
	Params:   []load.Parameter{callAddress, callService},
	Wait:     load.Between(500*time.Millisecond, 1500*time.Millisecond),
	OnStart:  (*caller).connect,
	OnStop:   (*caller).hangUp,
	Tasks: []load.Task[caller]{
		{Run: (*caller).check, Weight: 3},
		{Run: (*caller).watch},
	},
}

var (
	callAddress = load.Param[string]{Name: "grpc-address", Default: "127.0.0.1:50051", Help: "host:port of the gRPC server"}
	callService = load.Param[string]{Name: "grpc-service", Help: "whose health to ask for; empty is the server as a whole"}
)

// callTimeout is how long a call may take.
const callTimeout = 10 * time.Second

// connect makes the connection. NewClient only prepares it: the first call is what
// connects, and gRPC connects again by itself when the connection is lost.
func (c *caller) connect(u *load.User) error {
	conn, err := grpc.NewClient(callAddress.Of(u), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	c.conn, c.health = conn, grpc_health_v1.NewHealthClient(conn)
	if err := c.call(u, "connect"); err != nil {
		conn.Close() // OnStart is tried again, with another
		return err
	}
	return nil
}

func (c *caller) check(u *load.User) error { return c.call(u, "Check") }

// call makes a unary call.
func (c *caller) call(u *load.User, name string) error {
	return u.Measure("GRPC", name, func(ctx context.Context) (int64, error) {
		ctx, cancel := context.WithTimeout(ctx, callTimeout)
		defer cancel()
		answer, err := c.health.Check(ctx, c.question(u))
		return int64(proto.Size(answer)), err
	})
}

// watch reads a stream. Its first message and the rest of it have a row each, and
// the group is the whole.
func (c *caller) watch(u *load.User) error {
	ctx, cancel := context.WithTimeout(u.Context(), callTimeout)
	defer cancel() // hangs up: the stream has no end of its own
	return u.Group("watch until it serves", func() error {
		var stream grpc.ServerStreamingClient[grpc_health_v1.HealthCheckResponse]
		var health *grpc_health_v1.HealthCheckResponse
		err := u.Measure("GRPC", "Watch, first message", func(context.Context) (size int64, err error) {
			if stream, err = c.health.Watch(ctx, c.question(u)); err != nil {
				return 0, err
			}
			health, err = stream.Recv()
			return int64(proto.Size(health)), err
		})
		if err != nil {
			return err
		}
		return u.Measure("GRPC", "Watch, until it serves", func(context.Context) (size int64, err error) {
			for err == nil && health.GetStatus() != grpc_health_v1.HealthCheckResponse_SERVING {
				health, err = stream.Recv()
				size += int64(proto.Size(health))
			}
			return size, err
		})
	})
}

func (c *caller) question(u *load.User) *grpc_health_v1.HealthCheckRequest {
	return &grpc_health_v1.HealthCheckRequest{Service: callService.Of(u)}
}

func (c *caller) hangUp(*load.User) error {
	c.conn.Close()
	return nil
}
