// Bench measures what a request costs Gregaria beside other load tools: CPU time
// per request, requests per second and peak memory, each tool pinned to one core
// and the target to another, rounds interleaved, medians printed as ratios to wrk.
//
// Machines are noisy, so only the ratios of one run mean something.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
)

func main() {
	log.SetFlags(0)
	var (
		rounds   = flag.Int("rounds", 5, "rounds, interleaved; medians are printed")
		duration = flag.Duration("duration", 5*time.Second, "of one tool in one round")
		users    = flag.Int("users", 64, "connections")
		program  = flag.String("gregaria", "bin/gregaria", "the program to measure")
	)
	flag.Parse()
	if *rounds < 1 || *users < 1 || *duration < time.Second {
		log.Fatal("bench: want at least 1 round, 1 user and 1s")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench(ctx, os.Stdout, *rounds, *duration, *users, *program); err != nil {
		log.Fatal("bench: ", err)
	}
}

func bench(ctx context.Context, out io.Writer, rounds int, duration time.Duration, users int, program string) error {
	if _, err := exec.LookPath("taskset"); err != nil || runtime.NumCPU() < 2 {
		return fmt.Errorf("tools are pinned to cores: this needs taskset (Debian: util-linux) and two cores, here are %d", runtime.NumCPU())
	}
	target, err := startTarget(ctx)
	if err != nil {
		return err
	}
	defer target.stop()

	tools := tools(target.url, duration, users, program)
	results := make([][]result, len(tools))
	fmt.Fprintf(out, "%d users, %s a round, target %s on core 1, tools on core 0\n", users, duration, target.name)
	for round := range rounds {
		for i, t := range tools {
			if t.skip != "" {
				continue
			}
			r, err := t.measure(ctx)
			if err != nil {
				return fmt.Errorf("%s: %w", t.name, err)
			}
			fmt.Fprintf(out, "round %d  %-10s %6.2f µs CPU/request, %7.0f requests/s\n", round+1, t.name, r.cpu, r.rate)
			results[i] = append(results[i], r)
		}
	}
	print(out, tools, results)
	return nil
}

// print writes the medians.
func print(out io.Writer, tools []tool, results [][]result) {
	floor := 0.0
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "\ntool\tCPU µs/request\tto wrk\trequests/s\tpeak MB\t")
	for i, t := range tools {
		if t.skip != "" {
			fmt.Fprintf(w, "%s\tskipped: %s\t\t\t\t\n", t.name, t.skip)
			continue
		}
		cpu := median(results[i], func(r result) float64 { return r.cpu })
		if t.name == "wrk" {
			floor = cpu
		}
		ratio := "–"
		if floor > 0 {
			ratio = strconv.FormatFloat(cpu/floor, 'f', 2, 64) + "×"
		}
		fmt.Fprintf(w, "%s\t%.2f\t%s\t%.0f\t%.0f\t\n", t.name, cpu, ratio,
			median(results[i], func(r result) float64 { return r.rate }), median(results[i], func(r result) float64 { return r.peak }))
	}
	w.Flush()
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

// onCore returns a command that runs on one core.
func onCore(ctx context.Context, core int, command string) *exec.Cmd {
	return exec.CommandContext(ctx, "taskset", append([]string{"-c", strconv.Itoa(core)}, strings.Fields(command)...)...)
}
