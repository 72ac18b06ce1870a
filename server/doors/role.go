package doors

import (
	"fmt"
	"regexp"
)

// A Role is what somebody may do. The zero Role may do nothing.
type Role string

const (
	View    Role = "view"    // look at everything
	Operate Role = "operate" // that, and start, change and stop runs
)

// May reports whether r is enough for what needs another role.
func (r Role) May(need Role) bool { return r == Operate || r == View && need == View }

// ParseRole reads a role by its name.
func ParseRole(text string) (Role, error) {
	if r := Role(text); r == View || r == Operate {
		return r, nil
	}
	return "", fmt.Errorf("%q is no role — write view or operate", text)
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$`)

// CheckName says what is wrong with the name of a user or token.
func CheckName(name string) error {
	if !nameForm.MatchString(name) {
		return fmt.Errorf("%q is no name — write up to 64 letters, digits and . _ @ + -, such as ann or ci-nightly", name)
	}
	return nil
}

// A Way is how somebody came in.
type Way string

const (
	ByPassword Way = "password"
	ByLink     Way = "link"
	ByToken    Way = "token"
	ByProxy    Way = "proxy"
)

// A Visitor is somebody who was let in.
type Visitor struct {
	Name string
	Role Role
	Way  Way

	session *session // of those who came by password or link
	secret  string   // what the book had for whoever came otherwise, when they came
}

// Ended is closed when the visitor's session ends; nil for those who have none.
func (v Visitor) Ended() <-chan struct{} {
	if v.session == nil {
		return nil
	}
	return v.session.ctx.Done()
}

// Hold keeps the visitor's session from being idle until it is released, as does a page
// that somebody looks at.
func (v Visitor) Hold() (release func()) {
	if v.session == nil {
		return func() {}
	}
	return v.session.hold()
}
