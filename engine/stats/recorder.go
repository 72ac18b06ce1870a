package stats

import (
	"maps"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
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
	users  atomic.Int64

	mu           sync.Mutex // one drain at a time; guards what follows
	start, since time.Time

	// All that were admitted since the start, empty between drains.
	rows   map[Key]*openRow
	phases map[Key]*openRow
	fails  map[FailureKey]*openFailure
	excs   map[string]*Exception

	dns, connect, tls, firstByte *openRow // phases of all requests together

	mixer *mixer
}

// An openRow is a row while samples are still added to it.
type openRow struct {
	key        Key
	ok, failed pile
	statuses   counter
	crowd      counter
	slow       []Exemplar
	firstByte  *openRow // the phase of its streamed samples; nil until there is one
}

func newOpenRow(key Key) *openRow { return &openRow{key: key} }

// take returns the row and empties it. The mixer is empty before and after.
func (o *openRow) take(m *mixer) Row {
	slow := o.slow
	o.slow = nil
	return Row{o.key, o.ok.take(m), o.failed.take(m), o.statuses.take(), o.crowd.take(), slow}
}

// An openFailure is a failure while samples are still added to it.
type openFailure struct {
	Failure // without its crowd
	crowd   counter
}

// take returns the failure and empties it.
func (o *openFailure) take() Failure {
	f := o.Failure
	f.Example, f.Crowd = text(f.Example, maxText), o.crowd.take()
	o.Failure = Failure{FailureKey: f.FailureKey}
	return f
}

// NewRecorder returns a recorder whose first delta begins at start.
func NewRecorder(start time.Time) *Recorder {
	n := 1
	for n < 4*runtime.GOMAXPROCS(0) {
		n *= 2
	}
	r := &Recorder{shards: make([]Shard, n), mask: n - 1, mixer: newMixer()}
	for i := range r.shards {
		r.shards[i].users = &r.users
		r.shards[i].floors.chance.Seed(rand.Uint64(), rand.Uint64())
	}
	r.begin(start)
	return r
}

// begin forgets everything but the shards.
func (r *Recorder) begin(now time.Time) {
	r.start, r.since = now, now
	r.rows, r.phases = map[Key]*openRow{}, map[Key]*openRow{}
	r.fails, r.excs = map[FailureKey]*openFailure{}, map[string]*Exception{}
	r.dns, r.connect = r.phase(PhaseDNS, ""), r.phase(PhaseConnect, "")
	r.tls, r.firstByte = r.phase(PhaseTLS, ""), r.phase(PhaseFirstByte, "")
}

// Clock returns what the recorder's clock shows at a moment.
func (r *Recorder) Clock(at time.Time) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.clock(at)
}

func (r *Recorder) clock(at time.Time) time.Time {
	// The difference is that of the monotonic clocks, and Add moves both alike.
	return r.start.Add(at.Sub(r.start))
}

// SetUsers says how many users there are from now on: the samples recorded after it are
// counted by that number.
func (r *Recorder) SetUsers(n int) { r.users.Store(int64(max(0, n))) }

// Shard returns the shard for a user. Users with the same number modulo the
// number of shards share one.
func (r *Recorder) Shard(user int) *Shard { return &r.shards[user&r.mask] }

// A Shard holds the samples of some users until they are drained.
type Shard struct {
	mu      sync.Mutex
	samples []Sample
	spare   []Sample              // drained and emptied, to be filled again
	excs    map[string]*Exception // added up at once: each mishap has a stack, which is large
	users   *atomic.Int64         // of the recorder
	floors  floors
	_       [144]byte // makes it four cache lines, so that neighbours share none
}

// Record adds a sample. It never waits for a drain: the lock is held for an
// append, or for exchanging two slices.
func (s *Shard) Record(sample Sample) {
	sample.users = int(s.users.Load())
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

// take empties the shard, of which this is the last of the run if last is set.
func (s *Shard) take(last bool) ([]Sample, map[string]*Exception) {
	s.mu.Lock()
	samples, excs := s.samples, s.excs
	s.samples, s.spare, s.excs = s.spare, nil, nil
	s.floors.captured = 0
	if last {
		s.floors.reset()
	}
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
	return r.drain(now, g, false)
}

// Restart is a last Drain, whose delta it returns, after which the recorder is as if
// it were new. No sample is lost between the two.
func (r *Recorder) Restart(now time.Time) Delta {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := r.drain(now, Gauges{}, true)
	r.begin(now)
	return last
}

func (r *Recorder) drain(now time.Time, g Gauges, last bool) Delta {
	for i := range r.shards {
		samples, excs := r.shards[i].take(last)
		for j := range samples {
			r.add(&samples[j])
		}
		for _, group := range slices.Sorted(maps.Keys(excs)) { // the same ones are admitted each time
			e := *excs[group]
			e.Group, e.First, e.Last = text(group, maxText), r.clock(e.First), r.clock(e.Last)
			note(r.excs, e)
		}
		r.shards[i].giveBack(samples)
	}
	d := Delta{
		From: r.since, To: r.clock(now), Gauges: g,
		Rows: takeRows(r.rows, r.mixer), Phases: takeRows(r.phases, r.mixer),
		Failures: r.takeFailures(), Exceptions: r.takeExceptions(),
	}
	if d.To.Before(d.From) {
		d.To = d.From
	}
	r.since = d.To
	d.total = total(d.Rows, r.mixer)
	return d
}

func (r *Recorder) add(s *Sample) {
	if s.Problem != nil && s.Problem.Ours {
		r.fail(Key{text(s.Method, maxText), text(s.Name, maxText)}, s, nil)
		return
	}
	row := r.rows[Key{s.Method, s.Name}]
	if row == nil {
		key := Key{text(s.Method, maxText), text(s.Name, maxText)}
		row = admit(r.rows, key, key.other(), newOpenRow)
	}
	var details []Exemplar
	if s.Method != Group {
		r.addPhases(row, s)
		details = r.details(s)
	}
	row.statuses.add(s.Status, 1)
	row.crowd.add(CrowdOf(s.users), 1)
	row.slow = slowest(row.slow, details)
	if s.Problem == nil {
		row.ok.add(s.Took, s.Lag, s.Bytes)
		return
	}
	row.failed.add(s.Took, s.Lag, s.Bytes)
	r.fail(row.key, s, details)
}

// fail counts the problem of a sample of a row.
func (r *Recorder) fail(row Key, s *Sample, details []Exemplar) {
	p := s.Problem
	key := FailureKey{row.Method, row.Name, p.Format, p.Ours}
	f := r.fails[key]
	if f == nil {
		key.Format = text(key.Format, maxText)
		f = admit(r.fails, key, key.other(), func(key FailureKey) *openFailure {
			return &openFailure{Failure: Failure{FailureKey: key}}
		})
	}
	at := r.clock(p.At)
	f.count(Failure{Count: 1, Example: p.Message, First: at, Last: at, Users: s.users, Status: s.Status})
	f.crowd.add(CrowdOf(s.users), 1)
	f.Samples = chosen(f.Samples, details)
}

// details returns the exemplar of a sample, if it has one.
func (r *Recorder) details(s *Sample) []Exemplar {
	if s.Exemplar == nil {
		return nil
	}
	e := s.Exemplar.of(s)
	e.At = r.clock(e.At)
	return []Exemplar{e}
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
			list = append(list, row.take(m))
		}
	}
	slices.SortFunc(list, compareRows)
	return list
}

func (r *Recorder) takeFailures() []Failure {
	var list []Failure
	for _, f := range r.fails {
		if f.Count > 0 {
			list = append(list, f.take())
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
