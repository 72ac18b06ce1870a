package traffic

import "hash/maphash"

// seen knows the words with digits of all answers, and which had each first. Its zero
// value knows none.
type seen struct {
	seed maphash.Seed
	by   map[uint64]*call
}

const (
	mostSeen     = 1 << 18 // words
	shortestSeen = 4       // bytes
	longestSeen  = 200
)

// read learns the words of an answer's body.
func (s *seen) read(c *call, body []byte) {
	if s.by == nil {
		s.seed, s.by = maphash.MakeSeed(), map[uint64]*call{}
	}
	from, digits := 0, 0
	for i := 0; i <= len(body); i++ {
		if i < len(body) && inWord(body[i]) {
			if body[i] <= '9' && body[i] >= '0' {
				digits++
			}
			continue
		}
		if n := i - from; digits > 0 && n >= shortestSeen && n <= longestSeen && len(s.by) < mostSeen {
			if sum := maphash.Bytes(s.seed, body[from:i]); s.by[sum] == nil {
				s.by[sum] = c
			}
		}
		from, digits = i+1, 0
	}
}

// inWord reports whether a byte is of a word, and not between two.
func inWord(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b == '-' || b == '_' || b == '.' || b == '~'
}

// of returns the call whose answer had a word, nil when none had.
func (s *seen) of(word string) *call {
	if len(word) < shortestSeen || s.by == nil {
		return nil
	}
	return s.by[maphash.String(s.seed, word)]
}
