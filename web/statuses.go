package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/gregaria/gregaria/engine/stats"
)

// maxStatuses is how many status codes a cell shows.
const maxStatuses = 4

// A StatusCount is how many answers had a status.
type StatusCount struct {
	Code, Text string
	Bad        bool
	counted    stats.Count
}

// statusCounts are the statuses of a row's answers, the most frequent first. One that
// fails is bad where as many requests have failed. Answers without a status are left out
// where nothing failed: there is no such thing as a status then.
func statusCounts(r stats.Row) []StatusCount {
	var list []StatusCount
	for _, c := range slices.SortedStableFunc(slices.Values(r.Statuses), func(a, b stats.Count) int { return cmp.Compare(b.N, a.N) }) {
		if c.Of == 0 && r.Failures() == 0 {
			continue
		}
		list = append(list, StatusCount{statusText(c.Of), count(c.N), failingStatus(c.Of) && c.N <= r.Failures(), c})
	}
	return list
}

// statusCell words how many answers there were of each status: 200 1 204 · 404 37.
func statusCell(e *entry) Cell {
	list := statusCounts(e.Row)
	if len(list) == 0 && len(e.Statuses) > 0 {
		return Cell{Text: "–"}
	}
	c := Cell{Class: "codes", Parts: list[:min(len(list), maxStatuses)]}
	if len(list) > maxStatuses {
		var all []string
		for _, s := range list {
			all = append(all, s.Code+" "+s.Text)
		}
		c.More = strings.Join(all, " · ")
	}
	return c
}

// failingStatus tells whether a status fails unless a scenario expects it.
func failingStatus(status int) bool { return status == 0 || status >= 400 }

func statusText(status int) string {
	switch status {
	case 0:
		return "none"
	case stats.Uncounted:
		return "other"
	default:
		return strconv.Itoa(status)
	}
}

// failingStatuses is how many answers had a status that fails.
func failingStatuses(e *entry) (n float64) {
	for _, s := range e.Statuses {
		if failingStatus(s.Of) {
			n += float64(s.N)
		}
	}
	return n
}

// statusCondition holds of rows with an answer of a status, such as status=404,
// status>=500 or status=4xx.
func statusCondition(op, operand string) (condition, string) {
	low, width := operand, 1
	if class, ok := strings.CutSuffix(strings.ToLower(operand), "xx"); ok {
		low, width = class+"00", 100
	}
	first, err := strconv.Atoi(low)
	if err != nil || first < 0 || first > 999 || op == "~" {
		return nil, "is about no status — write for example status=404, status>=500 or status=4xx"
	}
	return func(e *entry) bool {
		for _, s := range e.Statuses {
			order := 0
			switch {
			case s.Of < first:
				order = -1
			case s.Of >= first+width:
				order = 1
			}
			if s.Of >= 0 && holds(op, order) {
				return true
			}
		}
		return false
	}, ""
}
