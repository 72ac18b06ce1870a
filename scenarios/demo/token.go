package demo

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
)

// A signer makes access tokens and recognises its own. A token is a user's id
// and its signature, so there are none to store, and a user who has been busy
// for hours is never signed out to make room for others. The key is drawn at
// start-up: tokens end with the process.
type signer struct{ key []byte }

func newSigner() signer {
	key := make([]byte, sha256.Size)
	rand.Read(key) // never fails
	return signer{key}
}

func (s signer) sign(user id) string {
	return base64.RawURLEncoding.EncodeToString(append(user[:], s.signature(user)...))
}

func (s signer) verify(token string) (user id, ok bool) {
	if len(token) != base64.RawURLEncoding.EncodedLen(len(user)+sha256.Size) {
		return id{}, false
	}
	signed, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil {
		return id{}, false
	}
	user = id(signed[:len(user)])
	if !hmac.Equal(signed[len(user):], s.signature(user)) {
		return id{}, false
	}
	return user, true
}

func (s signer) signature(user id) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write(user[:])
	return mac.Sum(nil)
}
