package demo

// A recent is a map of bounded size: it keeps the entries put last and drops
// the oldest to make room. Entries are numbered from 1 as they are put. It is
// not safe for concurrent use.
type recent[K comparable, V any] struct {
	limit   uint64
	count   uint64 // entries ever put, and so the number of the newest
	entries []entry[K, V]
	number  map[K]uint64
}

type entry[K comparable, V any] struct {
	key   K
	value V
}

func newRecent[K comparable, V any](limit int) recent[K, V] {
	return recent[K, V]{limit: uint64(limit), number: map[K]uint64{}}
}

// put adds an entry under a key that is not there yet. It returns the entry's
// number, and the value it dropped, if it had to: that of entry number-limit.
func (r *recent[K, V]) put(key K, value V) (number uint64, dropped V, full bool) {
	r.count++
	r.number[key] = r.count
	if r.count <= r.limit {
		r.entries = append(r.entries, entry[K, V]{key, value})
		return r.count, dropped, false
	}
	slot := &r.entries[(r.count-1)%r.limit]
	delete(r.number, slot.key)
	dropped = slot.value
	*slot = entry[K, V]{key, value}
	return r.count, dropped, true
}

// get returns the value under a key.
func (r *recent[K, V]) get(key K) (value V, ok bool) {
	number, ok := r.number[key]
	if !ok {
		return value, false
	}
	return r.entries[(number-1)%r.limit].value, true
}

// at returns the value of an entry by its number; ok is false for numbers not
// yet given and entries already dropped.
func (r *recent[K, V]) at(number uint64) (value V, ok bool) {
	if number == 0 || number > r.count || number+r.limit <= r.count {
		return value, false
	}
	return r.entries[(number-1)%r.limit].value, true
}
