package stats

import (
	"cmp"
	"slices"
)

// maxCounts bounds how many different numbers Counts tell apart.
const maxCounts = 24

// Uncounted is the Of of what Counts have no room to tell apart.
const Uncounted = -1

// A Count is how many samples there were of one number.
type Count struct {
	Of int
	N  int64
}

// Counts are how many samples there were of each number: of a status code, say. They
// are sorted by number and without zeros. The 24 smallest numbers are told apart, all
// others are counted as Uncounted: so a sum does not depend on the order of adding.
// Counts are values: Plus returns new ones and changes neither side.
type Counts []Count

// Plus returns the counts of both.
func (c Counts) Plus(d Counts) Counts {
	if len(d) == 0 {
		return c
	}
	if len(c) == 0 {
		return d
	}
	sum := make(Counts, 0, max(len(c), len(d)))
	for len(c) > 0 && len(d) > 0 {
		switch order := cmp.Compare(c[0].Of, d[0].Of); {
		case order < 0:
			sum, c = append(sum, c[0]), c[1:]
		case order > 0:
			sum, d = append(sum, d[0]), d[1:]
		default:
			sum, c, d = append(sum, Count{c[0].Of, saturated(c[0].N, d[0].N)}), c[1:], d[1:]
		}
	}
	return bounded(append(append(sum, c...), d...))
}

// bounded returns c with what is too much as Uncounted. It may change c.
func bounded(c Counts) Counts {
	most := maxCounts
	if len(c) > 0 && c[0].Of == Uncounted {
		most++
	}
	for len(c) > most {
		last := c[len(c)-1]
		c = c[:len(c)-1]
		if c[0].Of != Uncounted {
			c = slices.Insert(c, 0, Count{Of: Uncounted})
			most++
		}
		c[0].N = saturated(c[0].N, last.N)
	}
	return c
}

// Sum returns how many samples there were.
func (c Counts) Sum() (n int64) {
	for _, count := range c {
		n = saturated(n, count.N)
	}
	return n
}

// Of returns how many samples there were of a number.
func (c Counts) Of(of int) int64 {
	if i, found := c.find(of); found {
		return c[i].N
	}
	return 0
}

func (c Counts) find(of int) (int, bool) {
	return slices.BinarySearchFunc(c, of, func(count Count, of int) int { return cmp.Compare(count.Of, of) })
}

// A counter adds up counts one by one.
type counter struct {
	counts Counts
	last   int // index of the one counted last: often the next is the same
}

// add counts n of a number. Negative ones are Uncounted.
func (c *counter) add(of int, n int64) {
	if c.last >= len(c.counts) || c.counts[c.last].Of != of {
		of = max(of, Uncounted)
		i, found := c.counts.find(of)
		if !found {
			c.counts = bounded(slices.Insert(c.counts, i, Count{Of: of}))
			if i, found = c.counts.find(of); !found {
				i = 0 // it was too large
			}
		}
		c.last = i
	}
	c.counts[c.last].N = saturated(c.counts[c.last].N, n)
}

// plus counts all of d.
func (c *counter) plus(d Counts) {
	for _, count := range d {
		c.add(count.Of, count.N)
	}
}

// take returns the counts and empties the counter.
func (c *counter) take() Counts {
	if len(c.counts) == 0 {
		return nil
	}
	taken := slices.Clone(c.counts)
	c.counts = c.counts[:0]
	return taken
}
