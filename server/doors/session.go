package doors

import (
	"context"
	"crypto/sha256"
	"sync"
	"time"
)

const (
	// SessionLasts is how long a session is at most.
	SessionLasts = 12 * time.Hour
	// SessionIdles is how long nobody may use it.
	SessionIdles = time.Hour

	maxSessions = 1000
)

// A session is what a cookie stands for.
type session struct {
	name   string
	role   Role // of a link; that of a user is in the book
	way    Way
	secret string // what the book had for the user when the session began
	begun  time.Time
	ctx    context.Context // ends with it
	end    context.CancelFunc

	mu   sync.Mutex
	used time.Time
	held int // by pages that are open
}

func (s *session) hold() (release func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.held++
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.held--
		s.used = time.Now()
	}
}

// over reports whether the session has ended by itself.
func (s *session) over(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ctx.Err() != nil || s.held == 0 && now.Sub(s.used) >= SessionIdles
}

func (s *session) use(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.used = now
}

// sessions are all that there are, by the hash of what the cookie says: how long a
// search takes tells nothing of it.
type sessions struct {
	mu  sync.Mutex
	all map[[sha256.Size]byte]*session
}

// begin returns a session and what its cookie says.
func (l *sessions) begin(name string, role Role, way Way, known string) (string, *session) {
	now := time.Now()
	s := &session{name: name, role: role, way: way, secret: known, begun: now, used: now}
	s.ctx, s.end = context.WithDeadline(context.Background(), now.Add(SessionLasts))
	id := secret()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[[sha256.Size]byte]*session{}
	}
	l.sweep(now)
	l.all[sha256.Sum256([]byte(id))] = s
	return id, s
}

// sweep removes what is over, and the oldest when there are still too many.
func (l *sessions) sweep(now time.Time) {
	var oldest *session
	var first [sha256.Size]byte
	for key, s := range l.all {
		if s.over(now) {
			s.end()
			delete(l.all, key)
		} else if oldest == nil || s.begun.Before(oldest.begun) {
			oldest, first = s, key
		}
	}
	if len(l.all) >= maxSessions {
		oldest.end()
		delete(l.all, first)
	}
}

// find returns the session that a cookie stands for, nil if there is none.
func (l *sessions) find(id string) *session {
	now := time.Now()
	key := sha256.Sum256([]byte(id))
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.all[key]
	if s == nil {
		return nil
	}
	if s.over(now) {
		s.end()
		delete(l.all, key)
		return nil
	}
	s.use(now)
	return s
}

// remove ends the session that a cookie stands for.
func (l *sessions) remove(id string) {
	key := sha256.Sum256([]byte(id))
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.all[key]; s != nil {
		s.end()
		delete(l.all, key)
	}
}

// close ends all.
func (l *sessions) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range l.all {
		s.end()
	}
	clear(l.all)
}
