package main

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"time"
)

// A target is an nginx that answers every request at once: with two bytes, and at /json
// with a small object. At /count it says how many.
type target struct {
	url string
	cmd *exec.Cmd
}

const nginxConf = `daemon off; worker_processes 1; worker_rlimit_nofile 20100; pid nginx.pid; error_log stderr crit;
events { worker_connections 20000; }
http { access_log off; keepalive_requests 1000000000; keepalive_timeout 600s;
  client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
  server { listen 127.0.0.1:%d backlog=4096; location /json { default_type application/json; return 200 '{"data":{"id":"4711","name":"Oslo"}}'; }
    location /count { stub_status; }
    location / { default_type text/plain; return 200 "ok"; } } }
`

// startTarget starts nginx and waits until it answers.
func startTarget(ctx context.Context, dir string) (*target, error) {
	if !found("nginx") {
		return nil, fmt.Errorf("the target is nginx, which is not installed (Debian: apt-get install nginx-light)")
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	conf := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(conf, fmt.Appendf(nil, nginxConf, port), 0o644); err != nil {
		return nil, err
	}
	t := &target{url: fmt.Sprintf("http://127.0.0.1:%d", port)}
	t.cmd = onCore(ctx, 1, []string{"nginx", "-p", dir, "-c", conf})
	t.cmd.Stderr = os.Stderr
	if err := t.cmd.Start(); err != nil {
		return nil, err
	}
	for deadline := time.Now().Add(5 * time.Second); ; {
		c, err := net.DialTimeout("tcp", fmt.Sprintf("127.0.0.1:%d", port), time.Second)
		if err == nil {
			return t, c.Close()
		}
		if time.Now().After(deadline) {
			t.stop()
			return nil, fmt.Errorf("nginx does not answer: %w", err)
		}
		select {
		case <-ctx.Done():
			t.stop()
			return nil, ctx.Err()
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (t *target) stop() {
	_ = t.cmd.Process.Signal(os.Interrupt)
	_ = t.cmd.Wait()
}

func freePort() (int, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, err
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port, nil
}
