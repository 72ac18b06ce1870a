package demo

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/gregaria/gregaria/engine/leaks"
)

func TestServerAnswersUntilClosed(t *testing.T) {
	defer leaks.Check(t)()
	server, err := Listen("127.0.0.1:0", Options{Bug: true})
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	url := "http://" + server.Addr() + "/"
	resp, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(resp.Body)
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK || !strings.Contains(string(body), `"bug":true`) {
		t.Errorf("GET %s: status %d, %s, want 200 and \"bug\":true", url, resp.StatusCode, body)
	}
	for range 2 {
		if err := server.Close(); err != nil {
			t.Errorf("Close() = %v, want nil", err)
		}
	}
	if resp, err := client.Get(url); err == nil {
		resp.Body.Close()
		t.Errorf("GET %s after Close: status %d, want an error", url, resp.StatusCode)
	}
}

// A client that connects and says nothing must not hold up the end.
func TestCloseDoesNotWaitForTheSilent(t *testing.T) {
	defer leaks.Check(t)()
	server, err := Listen("127.0.0.1:0", Options{})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := server.Close(); err != nil {
		t.Errorf("Close() = %v, want nil", err)
	}
}

func TestTakenPortSaysTheWayOut(t *testing.T) {
	taken, err := Listen("127.0.0.1:0", Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	second, err := Listen(taken.Addr(), Options{})
	if err == nil {
		second.Close()
		t.Fatalf("Listen(%s) twice: no error", taken.Addr())
	}
	want := "listen " + taken.Addr() + ": address already in use (another gregaria --demo? "
	if !strings.HasPrefix(err.Error(), want) || !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("Listen(%s) twice: got error %q, want %q…", taken.Addr(), err, want)
	}
}

func TestBadAddressIsReported(t *testing.T) {
	server, err := Listen("127.0.0.1:port", Options{})
	if err == nil {
		server.Close()
		t.Fatal("Listen(127.0.0.1:port): no error")
	}
	if got := err.Error(); !strings.HasPrefix(got, "listen 127.0.0.1:port: ") || strings.Contains(got, "--demo") {
		t.Errorf("Listen(127.0.0.1:port): got error %q, want the address, and no advice", got)
	}
}
