package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// A result is what one tool cost in one round.
type result struct {
	cpu  float64 // µs of user and system time per request
	rate float64 // requests per second
	peak float64 // MB resident
}

// compare measures tools in interleaved rounds and prints the medians.
func (b *bench) compare(ctx context.Context, title string, tools []tool) error {
	fmt.Printf("\n%s: %d users, %s a round, target nginx on core 1, tools on core 0\n", title, b.users, b.duration)
	results := make([][]result, len(tools))
	for round := range b.rounds {
		for i, t := range tools {
			if t.skip != "" || !b.wants(t.name) {
				continue
			}
			r, err := t.measure(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			fmt.Printf("round %d  %-10s %7.2f µs CPU/request, %7.0f requests/s\n", round+1, t.name, r.cpu, r.rate)
			results[i] = append(results[i], r)
		}
	}
	floor := 0.0
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\ntool\tCPU µs/request\tto wrk\trequests/s\tpeak MB\t")
	for i, t := range tools {
		if t.skip != "" {
			fmt.Fprintf(w, "%s\tskipped: %s\t\t\t\t\n", t.name, t.skip)
			continue
		}
		if len(results[i]) == 0 {
			continue
		}
		cpu := median(results[i], func(r result) float64 { return r.cpu })
		if floor == 0 && t.name == "wrk" {
			floor = cpu
		}
		ratio := "–"
		if floor > 0 {
			ratio = strconv.FormatFloat(cpu/floor, 'f', 2, 64) + "×"
		}
		fmt.Fprintf(w, "%s\t%.2f\t%s\t%.0f\t%.0f\t\n", t.name, cpu, ratio,
			median(results[i], func(r result) float64 { return r.rate }), median(results[i], func(r result) float64 { return r.peak }))
	}
	return w.Flush()
}

func (b *bench) wants(name string) bool {
	return b.only == "" || slices.Contains(strings.Split(b.only, ","), name)
}

func median(list []result, of func(result) float64) float64 {
	values := make([]float64, len(list))
	for i, r := range list {
		values[i] = of(r)
	}
	slices.Sort(values)
	n := len(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}

// measure runs the tool once.
func (t tool) measure(ctx context.Context) (result, error) {
	cmd := onCore(ctx, 0, t.command)
	began := time.Now()
	output, err := cmd.CombinedOutput()
	took := time.Since(began)
	if err != nil {
		return result{}, fmt.Errorf("%w\n%s", err, output)
	}
	if t.then != nil {
		if output, err = exec.CommandContext(ctx, t.then[0], t.then[1:]...).CombinedOutput(); err != nil {
			return result{}, fmt.Errorf("%w\n%s", err, output)
		}
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

// onCore returns a command that runs on one core.
func onCore(ctx context.Context, core int, command []string) *exec.Cmd {
	return exec.CommandContext(ctx, "taskset", append([]string{"-c", strconv.Itoa(core)}, command...)...)
}
