package stats

import (
	"slices"
	"time"
)

// Recent returns what some rows were in each of the latest deltas, ten seconds of them
// but none of before since, and how long that is. Without keys it is all rows but groups
// together. Keys that there were none of add nothing.
func (t *Table) Recent(keys []Key, since time.Time) (rows []Row, span time.Duration) {
	rows = make([]Row, 0, max(1, len(keys))*len(t.latest))
	for i := range t.latest {
		d := &t.latest[i]
		if d.From.Before(since) {
			continue
		}
		span += d.Span()
		if keys == nil {
			rows = append(rows, d.Total())
		}
		for _, k := range keys {
			at, ok := slices.BinarySearchFunc(d.Rows, k, func(r Row, key Key) int { return compareKeys(r.Key, key) })
			if ok {
				rows = append(rows, d.Rows[at])
			}
		}
	}
	return rows, span
}

// Sum returns how many samples rows have, groups too, and how long they took, all
// together. The only row is returned as it is.
func Sum(rows []Row) (all Row) {
	const few = 4 // beyond which it is worth while to make a mixer
	switch {
	case len(rows) == 1:
		return rows[0]
	case len(rows) > few:
		times := make([]Row, len(rows)) // what else there is takes longer to add up
		for i, r := range rows {
			times[i] = Row{OK: r.OK, Failed: r.Failed} // total leaves groups out
		}
		return total(times, newMixer())
	}
	for _, r := range rows {
		all = all.Plus(r)
	}
	return all
}

// SumCounts returns how many samples rows have, groups too, all together. It says nothing of
// their percentiles.
func SumCounts(rows []Row) (all Row) {
	for i := range rows {
		all.OK.count(rows[i].OK)
		all.Failed.count(rows[i].Failed)
	}
	return all
}
