package protocols

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/engine/load"
)

// A clinic is a gRPC server that counts who asks for its health.
type clinic struct {
	grpc_health_v1.UnimplementedHealthServer
	ill    string // name of a service it refuses to speak of
	silent bool   // it says nothing to who watches

	checks, watches atomic.Int64
	watched         chan struct{} // a token for each watch
}

// open starts the server and returns its address.
func (c *clinic) open(t *testing.T) (address string) {
	c.watched = make(chan struct{}, 1000)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer(grpc.WaitForHandlers(true))
	grpc_health_v1.RegisterHealthServer(server, c)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	t.Cleanup(func() {
		server.Stop()
		if err := <-served; err != nil {
			t.Errorf("Serve: %v", err)
		}
	})
	return listener.Addr().String()
}

func (c *clinic) Check(_ context.Context, q *grpc_health_v1.HealthCheckRequest) (*grpc_health_v1.HealthCheckResponse, error) {
	c.checks.Add(1)
	if c.ill != "" && q.Service == c.ill {
		return nil, status.Errorf(codes.NotFound, "service %q is unknown", q.Service)
	}
	return &grpc_health_v1.HealthCheckResponse{Status: grpc_health_v1.HealthCheckResponse_SERVING}, nil
}

// Watch is like that of grpc's own health server: it never ends by itself.
func (c *clinic) Watch(_ *grpc_health_v1.HealthCheckRequest, stream grpc.ServerStreamingServer[grpc_health_v1.HealthCheckResponse]) error {
	c.watches.Add(1)
	c.watched <- struct{}{}
	news := []grpc_health_v1.HealthCheckResponse_ServingStatus{
		grpc_health_v1.HealthCheckResponse_NOT_SERVING, grpc_health_v1.HealthCheckResponse_SERVING,
	}
	if c.silent {
		news = nil
	}
	for _, s := range news {
		if err := stream.Send(&grpc_health_v1.HealthCheckResponse{Status: s}); err != nil {
			return err
		}
	}
	<-stream.Context().Done()
	return nil
}

// brisk is the calls without a wait, so that tests are quick.
func brisk() load.Scenario[caller] {
	s := calls
	s.Wait = load.Wait{}
	return s
}

func TestGRPCAgreesWithItsServer(t *testing.T) {
	const users, iterations = 5, 200
	c := &clinic{}
	s := finish(t, brisk(), engine.Config{Users: users, Iterations: iterations, Params: map[string]string{"grpc-address": c.open(t)}})
	checks, watches := c.checks.Load(), c.watches.Load()
	if checks+watches != users+iterations || watches == 0 {
		t.Errorf("server saw %d checks and %d watches, want %d together", checks, watches, users+iterations)
	}
	checkRows(t, s, map[string]count{
		"GRPC connect":                {users, 0},
		"GRPC Check":                  {checks - users, 0},
		"GRPC Watch, first message":   {watches, 0},
		"GRPC Watch, until it serves": {watches, 0},
		"GROUP watch until it serves": {watches, 0},
	})
}

func TestGRPCFailuresSayWhatTheServerSays(t *testing.T) {
	c := &clinic{ill: "heart"}
	e := begin(t, brisk(), engine.Config{Users: 1, Params: map[string]string{"grpc-address": c.open(t), "grpc-service": "heart"}})
	awaitStatus(t, e, func(s *engine.Status) bool { return len(s.Stats.Failures) > 0 })
	f := e.Status().Stats.Failures[0]
	if f.Name != "connect" || f.Format != `rpc error: code = NotFound desc = service "…" is unknown` {
		t.Errorf("failure of %s: %s; want NotFound of connect", f.Name, f.Format)
	}
}

func TestGRPCStopsWhileItWaits(t *testing.T) {
	const users = 5
	c := &clinic{silent: true}
	s := brisk()
	s.Tasks = []load.Task[caller]{{Run: (*caller).watch}}
	e := begin(t, s, engine.Config{Users: users, Params: map[string]string{"grpc-address": c.open(t)}})
	waitFor(t, "watch", c.watched, users)
	checkStop(t, e, map[string]count{"GRPC connect": {users, 0}})
}
