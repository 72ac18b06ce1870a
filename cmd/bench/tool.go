package main

import (
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// A tool is a load tool, how it is called, and where its output says how many
// requests it made.
type tool struct {
	name    string
	command string
	count   *regexp.Regexp
	skip    string // why it is not measured
}

func tools(url string, duration time.Duration, users int, program string) []tool {
	seconds := int(duration.Seconds())
	list := []tool{
		{name: "wrk", command: fmt.Sprintf("wrk -t1 -c%d -d%ds %s", users, seconds, url), count: regexp.MustCompile(`(\d+) requests in`)},
		{name: "gregaria", command: fmt.Sprintf("%s --headless --only-summary -u %d -r 10000 -t %ds -H %s get", program, users, seconds, url),
			count: regexp.MustCompile(`Aggregated\s+(\d+)`)},
		{name: "ab", command: fmt.Sprintf("ab -q -k -c %d -t %d -n 100000000 %s/", users, seconds, url), count: regexp.MustCompile(`Complete requests:\s+(\d+)`)},
		{name: "hey", command: fmt.Sprintf("hey -c %d -z %ds %s", users, seconds, url), count: regexp.MustCompile(`\[200\]\s+(\d+) responses`)},
	}
	for i := range list {
		if name := strings.Fields(list[i].command)[0]; !found(name) {
			list[i].skip = name + " is not installed"
		}
	}
	return list
}

func found(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}

// A result is what one tool cost in one round.
type result struct {
	cpu  float64 // µs of user and system time per request
	rate float64 // requests per second
	peak float64 // MB resident
}

func (t tool) measure(ctx context.Context) (result, error) {
	cmd := onCore(ctx, 0, t.command)
	began := time.Now()
	output, err := cmd.CombinedOutput()
	took := time.Since(began)
	if err != nil {
		return result{}, fmt.Errorf("%w\n%s", err, output)
	}
	m := t.count.FindSubmatch(output)
	if m == nil {
		return result{}, fmt.Errorf("its output has no %s:\n%s", t.count, output)
	}
	n, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil || n == 0 {
		return result{}, fmt.Errorf("it made %s requests", m[1])
	}
	state := cmd.ProcessState
	cpu := state.UserTime() + state.SystemTime()
	peak := float64(state.SysUsage().(*syscall.Rusage).Maxrss) / 1024
	return result{cpu: float64(cpu.Microseconds()) / n, rate: n / took.Seconds(), peak: peak}, nil
}
