package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/gregaria/gregaria/engine"
)

// showRatio prints how often the users of the run would do what, and returns the exit
// status.
func (p *program) showRatio() int {
	cfg := p.opts.config
	if !p.flags.has("users") && cfg.Users > 0 {
		// Nobody said how many: then shares are those of the weights, as of arrivals, and not
		// those of the one user there would be.
		cfg.Model, cfg.Rate, cfg.Users, cfg.SpawnRate = engine.Open, 1, 0, 0
	}
	scenarios, err := p.engine.Intended(cfg)
	if err != nil {
		return p.refuse(err)
	}
	shares := engine.NewShares(scenarios)
	if !p.opts.taskRatioJSON {
		io.WriteString(p.Stdout, ratioText(shares))
		return exitOK
	}
	text, err := json.MarshalIndent(shares, "", "    ")
	if err != nil {
		return p.refuse(err)
	}
	fmt.Fprintf(p.Stdout, "%s\n", text)
	return exitOK
}

// ratioText is what --show-task-ratio prints, in percent.
func ratioText(s engine.Shares) string {
	var b strings.Builder
	for i, part := range []struct {
		title  string
		shares map[string]*engine.Share
	}{{"Task ratio per scenario", s.PerClass}, {"Total task ratio", s.Total}} {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(part.title + "\n" + strings.Repeat("-", 80) + "\n")
		writeShares(&b, part.shares, " ")
	}
	return b.String()
}

func writeShares(b *strings.Builder, shares map[string]*engine.Share, indent string) {
	for _, name := range slices.Sorted(maps.Keys(shares)) {
		fmt.Fprintf(b, "%s* %.1f %s\n", indent, 100*shares[name].Ratio, name)
		writeShares(b, shares[name].Tasks, indent+"  ")
	}
}
