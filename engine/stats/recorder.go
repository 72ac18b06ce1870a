package stats

import (
	"maps"
	"runtime"
	"slices"
	"sync"
	"time"
)

// A Recorder collects the samples of many users between two drains. Users spread
// over its shards, so that recording costs an uncontended lock and an append,
// whatever the number of rows.
type Recorder struct {
	shards []Shard
	mask   int

	mu    sync.Mutex // one drain at a time; guards what follows
	since time.Time
	// All that were admitted since the start, empty between drains.
	rows  map[Key]*openRow
	fails map[FailureKey]*Failure
	excs  map[string]*Exception
	mixer *mixer
}

// An openRow is a row while samples are still added to it.
type openRow struct {
	key        Key
	ok, failed pile
}

// NewRecorder returns a recorder whose first delta begins at start.
func NewRecorder(start time.Time) *Recorder {
	n := 1
	for n < 4*runtime.GOMAXPROCS(0) {
		n *= 2
	}
	r := &Recorder{shards: make([]Shard, n), mask: n - 1, mixer: newMixer()}
	r.begin(start)
	return r
}

// begin forgets everything but the shards.
func (r *Recorder) begin(now time.Time) {
	r.since = now
	r.rows, r.fails, r.excs = map[Key]*openRow{}, map[FailureKey]*Failure{}, map[string]*Exception{}
}

// Shard returns the shard for a user. Users with the same number modulo the
// number of shards share one.
func (r *Recorder) Shard(user int) *Shard { return &r.shards[user&r.mask] }

// A Shard holds the samples of some users until they are drained.
type Shard struct {
	mu      sync.Mutex
	samples []Sample
	spare   []Sample              // drained and emptied, to be filled again
	excs    map[string]*Exception // added up at once: each mishap has a stack, which is large
	_       [64]byte              // makes it two cache lines, so that neighbours share none
}

// Record adds a sample. It never waits for a drain: the lock is held for an
// append, or for exchanging two slices.
func (s *Shard) Record(sample Sample) {
	s.mu.Lock()
	s.samples = append(s.samples, sample)
	s.mu.Unlock()
}

// Note adds a mishap.
func (s *Shard) Note(m Mishap) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.excs == nil {
		s.excs = map[string]*Exception{}
	}
	note(s.excs, Exception{Group: m.Group, Count: 1, Message: m.Message, Stack: m.Stack, First: m.At, Last: m.At})
}

// note adds e to the exceptions of its group.
func note(excs map[string]*Exception, e Exception) {
	sum := admit(excs, e.Group, Other, func(group string) *Exception { return &Exception{Group: group} })
	e.Group = sum.Group
	*sum = sum.plus(e)
}

// maxSpare is the number of samples beyond which an emptied slice is given back
// to the garbage collector instead of being kept for the next second.
const maxSpare = 1 << 17

func (s *Shard) take() ([]Sample, map[string]*Exception) {
	s.mu.Lock()
	samples, excs := s.samples, s.excs
	s.samples, s.spare, s.excs = s.spare, nil, nil
	s.mu.Unlock()
	return samples, excs
}

func (s *Shard) giveBack(samples []Sample) {
	if cap(samples) > maxSpare {
		return
	}
	clear(samples) // the strings in them must not outlive the second
	s.mu.Lock()
	s.spare = samples[:0]
	s.mu.Unlock()
}

// Drain empties the shards and returns what they held as one delta, from the end
// of the previous one to now.
func (r *Recorder) Drain(now time.Time, users int) Delta {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.shards {
		samples, excs := r.shards[i].take()
		for j := range samples {
			r.add(&samples[j])
		}
		for _, group := range slices.Sorted(maps.Keys(excs)) { // the same ones are admitted each time
			e := *excs[group]
			e.Group = text(group, maxText)
			note(r.excs, e)
		}
		r.shards[i].giveBack(samples)
	}
	d := Delta{
		From: r.since, To: now, Users: users,
		Rows: r.takeRows(), Failures: r.takeFailures(), Exceptions: r.takeExceptions(),
	}
	r.since = now
	return d
}

// Restart throws away what the shards hold and begins the next delta at now, as
// if the recorder were new.
func (r *Recorder) Restart(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range r.shards {
		samples, _ := r.shards[i].take()
		r.shards[i].giveBack(samples)
	}
	r.begin(now)
}

func (r *Recorder) add(s *Sample) {
	row := r.rows[Key{s.Method, s.Name}]
	if row == nil {
		key := Key{text(s.Method, maxText), text(s.Name, maxText)}
		row = admit(r.rows, key, Key{"", Other}, func(key Key) *openRow { return &openRow{key: key} })
	}
	if s.Problem == nil {
		row.ok.add(s.Took, s.Bytes)
		return
	}
	row.failed.add(s.Took, s.Bytes)
	key := FailureKey{row.key.Method, row.key.Name, s.Problem.Format}
	f := r.fails[key]
	if f == nil {
		key.Format = text(key.Format, maxText)
		f = admit(r.fails, key, FailureKey{"", Other, Other},
			func(key FailureKey) *Failure { return &Failure{FailureKey: key} })
	}
	at := s.Problem.At
	*f = f.plus(Failure{FailureKey: f.FailureKey, Count: 1, Example: s.Problem.Message, First: at, Last: at})
}

// admit returns the value of key, made when there is room for it: the first MaxRows
// keys are let in, and the others share the value of other.
func admit[K comparable, T any](m map[K]*T, key, other K, create func(K) *T) *T {
	if v := m[key]; v != nil {
		return v
	}
	n := len(m)
	if m[other] != nil {
		n--
	}
	if n >= MaxRows {
		key = other
	}
	if m[key] == nil {
		m[key] = create(key)
	}
	return m[key]
}

func (r *Recorder) takeRows() []Row {
	var list []Row
	for _, row := range r.rows {
		if row.ok.Count+row.failed.Count > 0 {
			list = append(list, Row{row.key, row.ok.take(r.mixer), row.failed.take(r.mixer)})
		}
	}
	slices.SortFunc(list, compareRows)
	return list
}

func (r *Recorder) takeFailures() []Failure {
	var list []Failure
	for _, f := range r.fails {
		if f.Count > 0 {
			f.Example = text(f.Example, maxText)
			list = append(list, *f)
			*f = Failure{FailureKey: f.FailureKey}
		}
	}
	slices.SortFunc(list, compareFailures)
	return list
}

func (r *Recorder) takeExceptions() []Exception {
	var list []Exception
	for _, e := range r.excs {
		if e.Count > 0 {
			e.Message, e.Stack = text(e.Message, maxText), text(e.Stack, 8*maxText)
			list = append(list, *e)
			*e = Exception{Group: e.Group}
		}
	}
	slices.SortFunc(list, compareExceptions)
	return list
}
