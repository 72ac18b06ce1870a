package doors

import (
	"bytes"
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// A Book holds who may come in: people and programs, with what proves that they are who
// they say. It holds no secret itself, only hashes.
type Book struct {
	Users  []User  `json:"users,omitempty"`
	Tokens []Token `json:"tokens,omitempty"`
}

// A User is a person. One without a password comes in by a proxy only.
type User struct {
	Name     string `json:"name"`
	Role     Role   `json:"role"`
	Password string `json:"password,omitempty"` // as Hash returns it
}

// A Token lets a program in. What it says begins with Prefix, by which it is known; the
// rest is only kept as a hash.
type Token struct {
	Name    string    `json:"name"`
	Scope   Role      `json:"scope"`
	Prefix  string    `json:"prefix"`
	Hash    string    `json:"hash"`
	Expires time.Time `json:"expires,omitzero"` // zero means never
}

// maxBook bounds the size of a book's file.
const maxBook = 4 << 20

// ReadBook reads a book. One without a file is empty, and its error is fs.ErrNotExist.
func ReadBook(path string) (Book, error) {
	f, err := os.Open(path)
	if err != nil {
		return Book{}, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxBook+1))
	if err != nil {
		return Book{}, err
	}
	b, err := parseBook(text)
	if err != nil {
		return Book{}, fmt.Errorf("%s: %w", path, err)
	}
	return b, nil
}

// parseBook reads a book, with every mistake there is in it.
func parseBook(text []byte) (b Book, err error) {
	if len(text) > maxBook {
		return Book{}, fmt.Errorf("is longer than %d bytes", maxBook)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&b); err != nil {
		return Book{}, fmt.Errorf("is no file of users, which `user add` writes: %w", err)
	}
	var errs []error
	wrong := func(what, name string, err error) {
		if err != nil {
			errs = append(errs, fmt.Errorf("%s %q: %w", what, name, err))
		}
	}
	seen := map[string]bool{}
	for _, u := range b.Users {
		_, roleErr := ParseRole(string(u.Role))
		wrong("user", u.Name, cmp.Or(CheckName(u.Name), roleErr))
		if u.Password != "" {
			_, _, err := parseHash(u.Password)
			wrong("user", u.Name, err)
		}
		if seen["u"+u.Name] {
			wrong("user", u.Name, errors.New("is there twice"))
		}
		seen["u"+u.Name] = true
	}
	for _, t := range b.Tokens {
		_, roleErr := ParseRole(string(t.Scope))
		wrong("token", t.Name, cmp.Or(CheckName(t.Name), roleErr))
		if sum, err := hex.DecodeString(t.Hash); err != nil || len(sum) != sha256.Size || !isPrefix(t.Prefix) {
			wrong("token", t.Name, errors.New("has no hash or prefix as `token add` makes them"))
		}
		if seen["t"+t.Name] || seen["p"+t.Prefix] {
			wrong("token", t.Name, errors.New("is there twice"))
		}
		seen["t"+t.Name], seen["p"+t.Prefix] = true, true
	}
	if len(errs) > 0 {
		return Book{}, errors.Join(errs...)
	}
	return b, nil
}

// Write writes the book so that there is always a whole one, and nobody else can read
// it.
func (b Book) Write(path string) error {
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return err
	}
	path = followed(path)
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // in vain once it is renamed
	_, err = f.Write(append(text, '\n'))
	if err = cmp.Or(err, f.Sync(), f.Close()); err != nil {
		f.Close()
		return err
	}
	return os.Rename(f.Name(), path)
}

// followed returns what path is a link to, which thereby stays one.
func followed(path string) string {
	if at, err := filepath.EvalSymlinks(path); err == nil {
		return at
	}
	return path
}

// EditBook changes the book in a file, which edit may find empty. Of many edits at once
// each finds what the one before it has left.
func EditBook(path string, edit func(*Book) error) error {
	path = followed(path)
	unlock, err := lock(filepath.Dir(path))
	if err != nil {
		return err
	}
	defer unlock()
	b, err := ReadBook(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := edit(&b); err != nil {
		return err
	}
	return b.Write(path)
}

// User returns the user of a name.
func (b Book) User(name string) (User, bool) {
	i := slices.IndexFunc(b.Users, func(u User) bool { return u.Name == name })
	if i < 0 {
		return User{}, false
	}
	return b.Users[i], true
}

// SetUser adds a user, or replaces who has that name.
func (b *Book) SetUser(u User) (replaced bool) {
	n := len(b.Users)
	b.Users = slices.DeleteFunc(slices.Clone(b.Users), func(old User) bool { return old.Name == u.Name })
	replaced = len(b.Users) < n
	b.Users = append(b.Users, u)
	return replaced
}

// RemoveUser removes a user, if there is one of that name.
func (b *Book) RemoveUser(name string) (removed bool) {
	n := len(b.Users)
	b.Users = slices.DeleteFunc(slices.Clone(b.Users), func(u User) bool { return u.Name == name })
	return len(b.Users) < n
}

const (
	tokenStart  = "grg_"
	prefixSize  = len(tokenStart) + 8
	secretBytes = 32
)

// secret returns 256 random bits as text.
func secret() string {
	b := make([]byte, secretBytes)
	rand.Read(b) // never fails
	return base64.RawURLEncoding.EncodeToString(b)
}

func isPrefix(text string) bool {
	if len(text) != prefixSize || text[:len(tokenStart)] != tokenStart {
		return false
	}
	_, err := hex.DecodeString(text[len(tokenStart):])
	return err == nil
}

// AddToken adds a token and returns what it says, which nobody can find out again.
func (b *Book) AddToken(name string, scope Role, expires time.Time) (text string, err error) {
	if slices.ContainsFunc(b.Tokens, func(t Token) bool { return t.Name == name }) {
		return "", fmt.Errorf("there is a token %q already — remove it first, or choose another name", name)
	}
	id := make([]byte, 4)
	prefix := ""
	for prefix == "" || slices.ContainsFunc(b.Tokens, func(t Token) bool { return t.Prefix == prefix }) {
		rand.Read(id)
		prefix = tokenStart + hex.EncodeToString(id)
	}
	text = prefix + "_" + secret()
	sum := sha256.Sum256([]byte(text))
	b.Tokens = append(slices.Clone(b.Tokens), Token{Name: name, Scope: scope, Prefix: prefix, Hash: hex.EncodeToString(sum[:]), Expires: expires.UTC()})
	return text, nil
}

// RemoveToken removes a token, if there is one of that name.
func (b *Book) RemoveToken(name string) (removed bool) {
	n := len(b.Tokens)
	b.Tokens = slices.DeleteFunc(slices.Clone(b.Tokens), func(t Token) bool { return t.Name == name })
	return len(b.Tokens) < n
}

// token returns the token that says text, unless it has expired.
func (b Book) token(text string, now time.Time) (Token, bool) {
	if len(text) < prefixSize {
		return Token{}, false
	}
	sum := sha256.Sum256([]byte(text))
	for _, t := range b.Tokens {
		want, _ := hex.DecodeString(t.Hash) // parseBook has
		if t.Prefix == text[:prefixSize] && subtle.ConstantTimeCompare(sum[:], want) == 1 {
			return t, t.Expires.IsZero() || now.Before(t.Expires)
		}
	}
	return Token{}, false
}
