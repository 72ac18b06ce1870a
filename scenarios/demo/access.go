package demo

import (
	"context"
	"net/http"
	"strings"
	"sync"
)

// An access is an access manager: it knows the current user. A request is
// admitted once, when its token has been checked; its handler asks for the
// current user later, when it needs to know whose data to touch.
type access interface {
	admit(r *http.Request, user id) *http.Request
	current(r *http.Request) id
}

// carried is the access manager as it should be: the current user travels with
// the request.
type carried struct{}

type userKey struct{}

func (carried) admit(r *http.Request, user id) *http.Request {
	return r.WithContext(context.WithValue(r.Context(), userKey{}, user))
}

func (carried) current(r *http.Request) id { return r.Context().Value(userKey{}).(id) }

// remembered is the access manager with the bug: it serves all requests, but
// remembers one user, the last one admitted. The mutex keeps the race detector
// content and mends nothing, for what is wrong is not how the field is shared
// but that it is.
type remembered struct {
	mu   sync.Mutex
	user id
}

func (m *remembered) admit(r *http.Request, user id) *http.Request {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.user = user
	return r
}

func (m *remembered) current(*http.Request) id {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.user
}

// signedIn admits requests that carry a valid token to next and answers all
// others 401.
func (a *api) signedIn(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		user, ok := a.signer.verify(strings.TrimSpace(token))
		if !ok || !strings.EqualFold(scheme, "Bearer") {
			unauthorized(w, "not authenticated")
			return
		}
		next(w, a.access.admit(r, user))
	}
}
