package demo

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"strings"
	"sync"
)

// maxAccounts is how many accounts are kept; the oldest is dropped to make
// room. Whoever holds a token can go on, but not log in again.
const maxAccounts = 50_000

const (
	maxEmail    = 254 // bytes
	maxPassword = 256
)

// An account is a user's id and password. The password is hashed with one round
// of salted SHA-256: quick to guess, and therefore wrong wherever accounts are
// real. Here none are, and a slow hash would turn every ramp of users into a
// test of that hash.
type account struct {
	user id
	salt [16]byte
	hash [sha256.Size]byte
}

func newAccount(password string) account {
	acc := account{user: newID()}
	rand.Read(acc.salt[:]) // never fails
	acc.hash = acc.hashOf(password)
	return acc
}

func (acc account) hashOf(password string) [sha256.Size]byte {
	return sha256.Sum256(append(acc.salt[:], password...))
}

// opensWith reports whether the password is the account's. The zero account
// opens with none, and takes as long to say so.
func (acc account) opensWith(password string) bool {
	hash := acc.hashOf(password)
	return subtle.ConstantTimeCompare(hash[:], acc.hash[:]) == 1
}

// accounts are the accounts by email.
type accounts struct {
	mu      sync.Mutex
	byEmail recent[string, account]
}

func newAccounts(limit int) accounts {
	return accounts{byEmail: newRecent[string, account](limit)}
}

// add reports whether the email was still free.
func (s *accounts) add(email string, acc account) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, taken := s.byEmail.get(email); taken {
		return false
	}
	s.byEmail.put(email, acc)
	return true
}

// find returns the zero account for an unknown email.
func (s *accounts) find(email string) account {
	s.mu.Lock()
	defer s.mu.Unlock()
	acc, _ := s.byEmail.get(email)
	return acc
}

// register answers POST /api/v1/auth/register.
func (a *api) register(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Email    string `json:"email"`
		Password string `json:"password"`
	}
	if !readJSON(w, r, &in) {
		return
	}
	var wrong problems
	if !emailLike(in.Email) {
		wrong.add("email", "must be an email address")
	}
	wrong.checkLength("password", in.Password, maxPassword)
	if wrong.refuse(w) {
		return
	}
	acc := newAccount(in.Password)
	a.query()
	if !a.accounts.add(in.Email, acc) {
		refuse(w, http.StatusConflict, "email is already registered")
		return
	}
	type person struct {
		ID    id     `json:"id"`
		Email string `json:"email"`
	}
	replyData(w, http.StatusCreated, person{acc.user, in.Email})
}

// token answers POST /api/v1/auth/token. It is a form, and the email is called
// username, because OAuth 2 says so.
func (a *api) token(w http.ResponseWriter, r *http.Request) {
	form, ok := readForm(w, r)
	if !ok {
		return
	}
	username, password := form.Get("username"), form.Get("password")
	var wrong problems
	wrong.checkLength("username", username, maxEmail)
	wrong.checkLength("password", password, maxPassword)
	if wrong.refuse(w) {
		return
	}
	a.query()
	acc := a.accounts.find(username)
	if !acc.opensWith(password) {
		unauthorized(w, "incorrect username or password")
		return
	}
	reply(w, http.StatusOK, struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
	}{a.signer.sign(acc.user), "bearer"})
}

// emailLike reports whether s could be an email address: something, an @, and
// something more.
func emailLike(s string) bool {
	at := strings.LastIndexByte(s, '@')
	return at > 0 && at < len(s)-1 && len(s) <= maxEmail && !strings.ContainsAny(s, " \t\r\n")
}
