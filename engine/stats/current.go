package stats

import (
	"slices"
	"time"
)

// Recent returns the samples of some rows in the last ten seconds, but none of before
// since, all together, and how long that is. Without keys they are those of all rows but
// groups. Keys that there were none of add nothing.
func (t *Table) Recent(keys []Key, since time.Time) (row Row, span time.Duration) {
	var found []Row
	for i := range t.latest {
		d := &t.latest[i]
		if d.From.Before(since) {
			continue
		}
		span += d.Span()
		if keys == nil {
			found = append(found, d.Total())
		}
		for _, k := range keys {
			at, ok := slices.BinarySearchFunc(d.Rows, k, func(r Row, key Key) int { return compareKeys(r.Key, key) })
			if ok {
				found = append(found, d.Rows[at])
			}
		}
	}
	return Sum(found), span
}

// Sum returns the samples of rows, groups too, all together. Its Key is that of the
// only row, else empty.
func Sum(rows []Row) (all Row) {
	const few = 4 // beyond which it is worth while to make a mixer
	switch {
	case len(rows) == 1:
		return rows[0]
	case len(rows) > few:
		rows = slices.Clone(rows)
		for i := range rows {
			rows[i].Key = Key{} // total leaves groups out
		}
		return total(rows, newMixer())
	}
	for _, r := range rows {
		all = all.Plus(r)
	}
	return all
}
