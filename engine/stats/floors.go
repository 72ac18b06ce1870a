package stats

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"
)

// floors are what a sample must exceed to be kept in detail: as much of those that a
// shard has kept in a run as is needed to tell. So about k·ln(n) of n samples of a kind
// are captured, of which the recorder and the table keep k. When each sample is slower
// than those before, that would be all of them: see maxCaptured.
type floors struct {
	rows     map[Key]*slowFloor
	kinds    map[FailureKey]*rankFloor
	captured int // slow samples since the latest drain
	chance   rand.PCG
}

// maxCaptured is how many slow samples of a shard are captured between two drains because
// they are among the slowest. Further ones must stand out.
const maxCaptured = 64

// admitsSlow reports whether a sample of a row is kept for the time it took, and counts it
// then.
func (f *floors) admitsSlow(row *slowFloor, took time.Duration) bool {
	if f.captured >= maxCaptured && !row.standsOut(took) || !row.admits(took) {
		return false
	}
	f.captured++
	return true
}

// A slowFloor is the times of the slowest samples of a row.
type slowFloor struct {
	times [MaxSlow]time.Duration // ascending
	n     int                    // how many there are, at the end
}

// admits reports whether a time is among the longest so far, and counts it then.
func (f *slowFloor) admits(took time.Duration) bool {
	if f.n == MaxSlow {
		if took <= f.times[0] {
			return false
		}
	} else {
		f.n++
	}
	i := 1
	for ; i < MaxSlow && took > f.times[i]; i++ {
		f.times[i-1] = f.times[i]
	}
	f.times[i-1] = took
	return true
}

// standsOut reports whether a time is the first, or longer than all so far by a quarter.
func (f *slowFloor) standsOut(took time.Duration) bool {
	longest := f.times[MaxSlow-1]
	return f.n == 0 || took-longest > longest/4
}

// A rankFloor is which failures of a kind are kept: the first, and those with the
// lowest ranks of the others.
type rankFloor struct {
	first     time.Time
	firstRank uint32
	ranks     [MaxFailed - 1]uint32 // of the others, ascending
	n         int
}

// admits reports whether a failure is kept, and counts it then.
func (f *rankFloor) admits(at time.Time, rank uint32) bool {
	switch {
	case f.n < 0: // none so far
		f.first, f.firstRank, f.n = at, rank, 0
		return true
	case cmp.Or(at.Compare(f.first), cmp.Compare(rank, f.firstRank)) < 0:
		f.admitsRank(f.firstRank) // it is one of the others now
		f.first, f.firstRank = at, rank
		return true
	}
	return f.admitsRank(rank)
}

func (f *rankFloor) admitsRank(rank uint32) bool {
	switch {
	case f.n < len(f.ranks):
		f.n++
	case rank >= f.ranks[f.n-1]:
		return false
	}
	kept := f.ranks[:f.n]
	kept[f.n-1] = rank
	slices.Sort(kept)
	return true
}

// reset forgets everything, for another run.
func (f *floors) reset() { f.rows, f.kinds = nil, nil }

// row returns the floor of a row; nil when there is no room for another.
func (f *floors) row(key Key) *slowFloor {
	if floor := f.rows[key]; floor != nil {
		return floor
	}
	key = Key{text(key.Method, maxText), text(key.Name, maxText)}
	if f.rows[key] == nil && len(f.rows) < MaxRows {
		if f.rows == nil {
			f.rows = map[Key]*slowFloor{}
		}
		f.rows[key] = &slowFloor{}
	}
	return f.rows[key]
}

// kind returns the floor of a kind of failure; nil when there is no room for another.
func (f *floors) kind(key FailureKey) *rankFloor {
	if floor := f.kinds[key]; floor != nil {
		return floor
	}
	key.Method, key.Name, key.Format = text(key.Method, maxText), text(key.Name, maxText), text(key.Format, maxText)
	if f.kinds[key] == nil && len(f.kinds) < MaxRows {
		if f.kinds == nil {
			f.kinds = map[FailureKey]*rankFloor{}
		}
		f.kinds[key] = &rankFloor{n: -1}
	}
	return f.kinds[key]
}

// Wants reports whether the sample shall be kept in detail, as Sample.Exemplar. It costs
// little, and says yes seldom once there are some of a kind. It must be asked at most
// once of a sample, right before Record, and then the exemplar's Rank is rank.
func (s *Shard) Wants(sample *Sample) (rank uint32, wanted bool) {
	p := sample.Problem
	if sample.Method == Group || p != nil && p.Ours {
		return 0, false
	}
	slowness := saturated(max(0, sample.Took), max(0, sample.Lag))
	s.mu.Lock()
	defer s.mu.Unlock()
	if row := s.floors.row(Key{sample.Method, sample.Name}); row != nil {
		wanted = s.floors.admitsSlow(row, slowness)
	}
	if p == nil {
		return 0, wanted
	}
	rank = uint32(s.floors.chance.Uint64() >> 32)
	if kind := s.floors.kind(FailureKey{sample.Method, sample.Name, p.Format, false}); kind != nil && kind.admits(p.At, rank) {
		wanted = true
	}
	return rank, wanted
}
