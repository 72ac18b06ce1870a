package doors

import (
	"context"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/netip"
	"sync"
	"time"
)

// ErrWrong is the one answer to every name, password and link that is not right.
var ErrWrong = errors.New("the name or the password is wrong")

// Options are what a Keeper works with.
type Options struct {
	File string       // of a Book; "" means that there is none
	Log  *slog.Logger // nil means slog.Default()

	// Link is told of each link that works once, as soon as there is one: first, and
	// when the one before it has been used. What it gets is the secret in it. Without
	// Link, or with users in the book, there are no links.
	Link func(secret string)
}

// A Keeper lets people and programs in.
type Keeper struct {
	shelf    *shelf
	sessions sessions
	attempts *attempts
	hasher   *hasher

	mu   sync.Mutex
	link string // the secret of the one that works; "" for none
	tell func(string)
}

// NewKeeper returns a keeper who knows the book.
func NewKeeper(opts Options) (*Keeper, error) {
	if opts.Log == nil {
		opts.Log = slog.Default()
	}
	s, err := openShelf(opts.File, opts.Log)
	if err != nil {
		return nil, err
	}
	k := &Keeper{shelf: s, attempts: newAttempts(), hasher: newHasher()}
	if opts.Link != nil && !k.HasUsers() {
		k.tell, k.link = opts.Link, secret()
		k.tell(k.link)
	}
	return k, nil
}

// Knows reports whether there is a user of a name.
func (k *Keeper) Knows(name string) bool {
	_, ok := k.shelf.latest().User(name)
	return ok
}

// HasUsers reports whether anybody can come in by a password.
func (k *Keeper) HasUsers() bool {
	for _, u := range k.shelf.latest().Users {
		if u.Password != "" {
			return true
		}
	}
	return false
}

// Close ends all sessions.
func (k *Keeper) Close() { k.sessions.close() }

// LogIn begins a session for who knows a user's password, and returns what its cookie
// says. The error is ErrWrong, or *TooMany. Whether there is such a user cannot be seen
// from the answer, nor from how long it takes.
func (k *Keeper) LogIn(ctx context.Context, from netip.Addr, name, password string) (string, Visitor, error) {
	if err := k.attempts.begin(ctx, from); err != nil {
		return "", Visitor{}, err
	}
	user, _ := k.shelf.latest().User(name)
	ok, err := k.hasher.matches(ctx, user.Password, password)
	if err != nil {
		return "", Visitor{}, err
	}
	if !ok {
		return "", Visitor{}, ErrWrong
	}
	k.attempts.succeed(from)
	id, s := k.sessions.begin(user.Name, user.Role, ByPassword, user.Password)
	return id, s.visitor(user.Role), nil
}

// FollowLink begins a session for who has the link that works once, and makes the next.
// No number of wrong ones keeps the right one out: it cannot be guessed.
func (k *Keeper) FollowLink(ctx context.Context, from netip.Addr, link string) (string, Visitor, error) {
	if !k.takeLink(link) {
		if err := k.attempts.begin(ctx, from); err != nil {
			return "", Visitor{}, err
		}
		return "", Visitor{}, ErrWrong
	}
	id, s := k.sessions.begin("operator", Operate, ByLink, "")
	return id, s.visitor(Operate), nil
}

func (k *Keeper) takeLink(link string) bool {
	if k.HasUsers() { // by now
		return false
	}
	k.mu.Lock()
	if k.link == "" || subtle.ConstantTimeCompare([]byte(link), []byte(k.link)) != 1 {
		k.mu.Unlock()
		return false
	}
	next := secret()
	k.link = next
	k.mu.Unlock()
	k.tell(next)
	return true
}

func (s *session) visitor(role Role) Visitor {
	return Visitor{Name: s.name, Role: role, Way: s.way, session: s}
}

// LogOut ends the session that a cookie stands for, and with it its open pages.
func (k *Keeper) LogOut(cookie string) { k.sessions.remove(cookie) }

// Cookie returns the visitor that a cookie stands for.
func (k *Keeper) Cookie(cookie string) (Visitor, bool) {
	s := k.sessions.find(cookie)
	if s == nil {
		return Visitor{}, false
	}
	v, ok := k.now(s.visitor(s.role))
	if !ok {
		k.sessions.remove(cookie)
	}
	return v, ok
}

// Token returns the program that a token lets in.
func (k *Keeper) Token(text string) (Visitor, bool) {
	t, ok := k.shelf.latest().token(text, time.Now())
	if !ok {
		return Visitor{}, false
	}
	return Visitor{Name: t.Name, Role: t.Scope, Way: ByToken, secret: t.Hash}, true
}

// Proxy returns the visitor whom a proxy calls by a name: with users in the book one of
// them, otherwise anybody.
func (k *Keeper) Proxy(name string) (Visitor, bool) {
	if CheckName(name) != nil {
		return Visitor{}, false
	}
	return k.now(Visitor{Name: name, Role: Operate, Way: ByProxy})
}

// Still reports whether the visitor may stay as they are: whether the session goes on,
// and the book has the same to say.
func (k *Keeper) Still(v Visitor) bool {
	now, ok := k.now(v)
	return ok && now.Role == v.Role
}

// now returns the visitor as the book has them now.
func (k *Keeper) now(v Visitor) (Visitor, bool) {
	if v.session != nil && v.session.over(time.Now()) {
		return Visitor{}, false
	}
	book := k.shelf.latest()
	switch v.Way {
	case ByPassword:
		u, ok := book.User(v.Name)
		v.Role = u.Role
		return v, ok && u.Password == v.session.secret
	case ByToken:
		for _, t := range book.Tokens {
			if t.Name == v.Name && t.Hash == v.secret {
				v.Role = t.Scope
				return v, t.Expires.IsZero() || time.Now().Before(t.Expires)
			}
		}
		return v, false
	case ByProxy:
		if len(book.Users) > 0 {
			u, ok := book.User(v.Name)
			v.Role = u.Role
			return v, ok
		}
	}
	return v, true
}
