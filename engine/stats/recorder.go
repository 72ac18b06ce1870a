package stats

import (
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Recorder collects the samples of many users between two drains. Users spread
// over its shards, so that recording costs an uncontended lock and an append,
// whatever the number of rows.
//
// A recorder has a clock of its own, which shows the time of day at its start and
// then runs evenly: when the machine's clock is set while it records, no delta gets
// longer, shorter or out of place for it. The moments it is given are those of time.Now.
type Recorder struct {
	shards []Shard
	mask   int

	mu           sync.Mutex // one drain at a time; guards what follows
	start, since time.Time

	// All that were admitted since the start, empty between drains.
	rows   map[Key]*openRow
	phases map[Key]*openRow
	fails  map[FailureKey]*Failure
	excs   map[string]*Exception

	dns, connect, tls, firstByte *openRow // phases of all requests together

	mixer *mixer
}

// An openRow is a row while samples are still added to it.
type openRow struct {
	key        Key
	ok, failed pile
	firstByte  *openRow // the phase of its streamed samples; nil until there is one
}

func newOpenRow(key Key) *openRow { return &openRow{key: key} }

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
	r.start, r.since = now, now
	r.rows, r.phases = map[Key]*openRow{}, map[Key]*openRow{}
	r.fails, r.excs = map[FailureKey]*Failure{}, map[string]*Exception{}
	r.dns, r.connect = r.phase(PhaseDNS, ""), r.phase(PhaseConnect, "")
	r.tls, r.firstByte = r.phase(PhaseTLS, ""), r.phase(PhaseFirstByte, "")
}

// Clock returns what the recorder's clock shows at a moment.
func (r *Recorder) Clock(at time.Time) time.Time {
	// The difference is that of the monotonic clocks, and Add moves both alike.
	return r.start.Add(at.Sub(r.start))
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
func (r *Recorder) Drain(now time.Time, g Gauges) Delta {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.drain(now, g)
}

// Restart is a last Drain, whose delta it returns, after which the recorder is as if
// it were new. No sample is lost between the two.
func (r *Recorder) Restart(now time.Time) Delta {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.drain(now, Gauges{})
	r.begin(now)
	return last
}

func (r *Recorder) drain(now time.Time, g Gauges) Delta {
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
		From: r.since, To: r.Clock(now), Gauges: g,
		Rows: takeRows(r.rows, r.mixer), Phases: takeRows(r.phases, r.mixer),
		Failures: r.takeFailures(), Exceptions: r.takeExceptions(),
	}
	if d.To.Before(d.From) {
		d.To = d.From
	}
	r.since = d.To
	return d
}

func (r *Recorder) add(s *Sample) {
	if s.Problem != nil && s.Problem.Ours {
		r.fail(Key{text(s.Method, maxText), text(s.Name, maxText)}, s.Problem)
		return
	}
	row := r.rows[Key{s.Method, s.Name}]
	if row == nil {
		key := Key{text(s.Method, maxText), text(s.Name, maxText)}
		row = admit(r.rows, key, key.other(), newOpenRow)
	}
	if s.Method != Group {
		r.addPhases(row, s)
	}
	if s.Problem == nil {
		row.ok.add(s.Took, s.Lag, s.Bytes)
		return
	}
	row.failed.add(s.Took, s.Lag, s.Bytes)
	r.fail(row.key, s.Problem)
}

// fail counts a problem of a row.
func (r *Recorder) fail(row Key, p *Problem) {
	key := FailureKey{row.Method, row.Name, p.Format, p.Ours}
	f := r.fails[key]
	if f == nil {
		key.Format = text(key.Format, maxText)
		f = admit(r.fails, key, key.other(), func(key FailureKey) *Failure { return &Failure{FailureKey: key} })
	}
	*f = f.plus(Failure{FailureKey: f.FailureKey, Count: 1, Example: p.Message, First: p.At, Last: p.At})
}

// addPhases counts what is known of the parts of a request's time.
func (r *Recorder) addPhases(row *openRow, s *Sample) {
	if d := s.Dial; d != nil {
		r.dns.addPart(d.DNS)
		r.connect.addPart(d.Connect)
		r.tls.addPart(d.TLS)
	}
	r.firstByte.addPart(s.FirstByte)
	if !s.Streamed {
		return
	}
	if row.firstByte == nil {
		row.firstByte = r.phase(PhaseFirstByte, strings.TrimPrefix(row.key.Method+" "+row.key.Name, " "))
	}
	row.firstByte.addPart(s.FirstByte)
}

// phase returns the row of a phase.
func (r *Recorder) phase(name, of string) *openRow {
	key := Key{name, of}
	return admit(r.phases, key, key.other(), newOpenRow)
}

// addPart adds a part of a request's time; 0 is no part.
func (p *openRow) addPart(took time.Duration) {
	if took > 0 {
		p.ok.add(took, 0, 0)
	}
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

func takeRows(rows map[Key]*openRow, m *mixer) []Row {
	var list []Row
	for _, row := range rows {
		if row.ok.service.Count+row.failed.service.Count > 0 {
			list = append(list, Row{row.key, row.ok.take(m), row.failed.take(m)})
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
