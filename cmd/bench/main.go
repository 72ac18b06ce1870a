// Bench measures what Gregaria costs beside other load tools, each pinned to one core
// and the target to another, rounds interleaved, medians printed as ratios to wrk:
//
//	requests  CPU time per request, requests per second and peak memory of fetching
//	          two bytes
//	json      the same of a scenario that writes and reads JSON, and checks it
//	memory    what users cost who are connected and idle, and who are not connected
//	pages     what a hundred open pages cost the same run
//
// Machines are noisy, so only the ratios of one run mean something.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"os/signal"
	"runtime"
	"strings"
	"time"

	"github.com/gregaria/gregaria/cmd/cli"
)

// A bench is one measurement.
type bench struct {
	rounds   int
	duration time.Duration // of one tool in one round
	users    int
	program  string
	only     string // names of tools; "" means all
	target   *target
	self     string // this program, which is also a Gregaria with scenarios of its own
	scratch  string // a folder for scripts and results
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == selfCommand {
		os.Args = append(os.Args[:1], os.Args[2:]...)
		cli.Main(suite)
	}
	if len(os.Args) > 1 && os.Args[1] == bareCommand {
		bare(os.Args[2:])
		return
	}
	log.SetFlags(0)
	var b bench
	flag.IntVar(&b.rounds, "rounds", 5, "rounds, interleaved; medians are printed")
	flag.DurationVar(&b.duration, "duration", 5*time.Second, "of one tool in one round")
	flag.IntVar(&b.users, "users", 64, "connections")
	flag.StringVar(&b.program, "gregaria", "bin/gregaria", "the program to measure")
	flag.StringVar(&b.only, "tools", "", "measure only these, such as wrk,gregaria; empty means all there are")
	what := flag.String("measure", "requests,json,memory,pages", "what to measure")
	flag.Parse()
	if b.rounds < 1 || b.users < 1 || b.duration < time.Second {
		log.Fatal("bench: want at least 1 round, 1 user and 1s")
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := b.run(ctx, strings.Split(*what, ",")); err != nil {
		log.Fatal("bench: ", err)
	}
}

func (b *bench) run(ctx context.Context, what []string) (err error) {
	if _, err := exec.LookPath("taskset"); err != nil || runtime.NumCPU() < 2 {
		return fmt.Errorf("tools are pinned to cores: this needs taskset (Debian: util-linux) and two cores, here are %d", runtime.NumCPU())
	}
	if b.self, err = os.Executable(); err != nil {
		return err
	}
	if b.scratch, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	defer os.RemoveAll(b.scratch)
	if b.target, err = startTarget(ctx, b.scratch); err != nil {
		return err
	}
	defer b.target.stop()
	for _, w := range what {
		switch strings.TrimSpace(w) {
		case "requests":
			err = b.compare(ctx, "Fetching two bytes", b.requestTools())
		case "json":
			err = b.compare(ctx, "Writing and reading JSON", b.jsonTools())
		case "memory":
			err = b.memory(ctx)
		case "pages":
			err = b.pages(ctx)
		default:
			err = fmt.Errorf("there is nothing called %q to measure: want requests, json, memory or pages", w)
		}
		if err != nil {
			return err
		}
	}
	return nil
}
