package doors

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// What a password must be. Longer ones would only be work.
const (
	minPassword = 8
	maxPassword = 1024
)

// CheckPassword says what is wrong with a new password.
func CheckPassword(password string) error {
	switch {
	case len(password) < minPassword:
		return fmt.Errorf("the password is too short — at least %d characters", minPassword)
	case len(password) > maxPassword:
		return fmt.Errorf("the password is too long — at most %d bytes", maxPassword)
	}
	return nil
}

// A recipe is the cost of an argon2id hash.
type recipe struct {
	memory uint32 // KiB
	times  uint32
	lanes  uint8
}

// today is what new hashes are made by: what OWASP recommends at the least, for a
// generator of load has better things to do.
var today = recipe{memory: 19 << 10, times: 2, lanes: 1}

// most is what a hash in a book may cost at most.
var most = recipe{memory: 256 << 10, times: 10, lanes: 16}

const (
	saltSize = 16
	hashSize = 32
)

// Hash returns a password as a book keeps it, in the PHC form of argon2id.
func Hash(password string) string {
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails
	return today.hash(password, salt)
}

func (c recipe) hash(password string, salt []byte) string {
	sum := argon2.IDKey([]byte(password), salt, c.times, c.memory, c.lanes, hashSize)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, c.memory, c.times, c.lanes,
		base64.RawStdEncoding.EncodeToString(salt), base64.RawStdEncoding.EncodeToString(sum))
}

var errHash = errors.New("is no argon2id hash as `user add` makes them")

// parseHash returns what a hash was made by and with.
func parseHash(text string) (recipe, []byte, error) {
	parts := strings.Split(text, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return recipe{}, nil, errHash
	}
	var c recipe
	_, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &c.memory, &c.times, &c.lanes)
	if err != nil || parts[3] != fmt.Sprintf("m=%d,t=%d,p=%d", c.memory, c.times, c.lanes) {
		return recipe{}, nil, errHash
	}
	if c.memory > most.memory || c.times < 1 || c.times > most.times || c.lanes < 1 || c.lanes > most.lanes {
		return recipe{}, nil, errHash
	}
	salt, err := base64.RawStdEncoding.Strict().DecodeString(parts[4])
	sum, sumErr := base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if err != nil || sumErr != nil || len(salt) < 8 || len(salt) > 64 || len(sum) != hashSize {
		return recipe{}, nil, errHash
	}
	return c, salt, nil
}

// A hasher works out hashes, but only so many at once: each takes memory, and logins
// come from anybody.
type hasher struct {
	desks chan struct{}
	done  func() // told of each hash; nil but in tests
}

// maxHashing bounds the memory of logins: twice 19 MiB.
const maxHashing = 2

func newHasher() *hasher { return &hasher{desks: make(chan struct{}, maxHashing)} }

// nobody's hash takes as long as anybody's, and no password has it.
var nobody = today.hash("", make([]byte, saltSize))

// matches reports whether a password has a hash; "" is the hash of somebody without. It
// does the same work whatever comes out.
func (h *hasher) matches(ctx context.Context, hash, password string) (bool, error) {
	select {
	case h.desks <- struct{}{}:
		defer func() { <-h.desks }()
	case <-ctx.Done():
		return false, ctx.Err()
	}
	known := hash != ""
	if !known {
		hash = nobody
	}
	c, salt, err := parseHash(hash)
	if err != nil {
		return false, err
	}
	if len(password) > maxPassword {
		password, known = password[:maxPassword], false
	}
	same := subtle.ConstantTimeCompare([]byte(c.hash(password, salt)), []byte(hash)) == 1
	if h.done != nil {
		h.done()
	}
	return same && known, nil
}
