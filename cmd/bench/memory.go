package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"strconv"
	"time"
)

// memory measures what users cost who do nothing.
func (b *bench) memory(ctx context.Context) error {
	fmt.Println("\nMemory of users who wait")
	for _, m := range []struct {
		scenario string
		users    int
		what     string
	}{{"idle", 15_000, "connected"}, {"asleep", 200_000, "not connected"}} {
		none, err := b.resident(ctx, m.scenario, 1)
		if err != nil {
			return err
		}
		all, err := b.resident(ctx, m.scenario, m.users)
		if err != nil {
			return err
		}
		fmt.Printf("%7d %-13s  %4.0f MB resident, %5.1f KB a user; %.0f MB of them are there with one user\n",
			m.users, m.what, all/1e6, all/float64(m.users)/1e3, none/1e6)
	}
	return nil
}

// resident returns the resident memory, in bytes, of a Gregaria whose users have all
// started and done nothing since.
func (b *bench) resident(ctx context.Context, scenario string, users int) (float64, error) {
	const rate = 5000 // users started per second
	settle := time.Duration(users/rate)*time.Second + 10*time.Second
	cmd := onCore(ctx, 0, []string{b.self, selfCommand, "--headless", "--only-summary", "-u", strconv.Itoa(users), "-r", strconv.Itoa(rate), "-H", b.target.url, scenario})
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	defer func() {
		_ = cmd.Process.Signal(os.Interrupt)
		_ = cmd.Wait()
	}()
	select {
	case <-ctx.Done():
		return 0, ctx.Err()
	case <-time.After(settle):
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", cmd.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("%w\n%s", err, output.Bytes())
	}
	pages, err := strconv.ParseFloat(string(bytes.Fields(status)[1]), 64)
	return pages * float64(os.Getpagesize()), err
}
