package demo

import (
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
)

// An id names a user or a city. It is random, and written like a UUID (version 4).
type id [16]byte

func newID() id {
	var v id
	binary.LittleEndian.PutUint64(v[:8], rand.Uint64())
	binary.LittleEndian.PutUint64(v[8:], rand.Uint64())
	v[6] = v[6]&0x0f | 0x40
	v[8] = v[8]&0x3f | 0x80
	return v
}

// MarshalText writes the id in groups of 8, 4, 4, 4 and 12 digits.
func (v id) MarshalText() ([]byte, error) {
	b := make([]byte, 0, 36)
	b = append(hex.AppendEncode(b, v[:4]), '-')
	b = append(hex.AppendEncode(b, v[4:6]), '-')
	b = append(hex.AppendEncode(b, v[6:8]), '-')
	b = append(hex.AppendEncode(b, v[8:10]), '-')
	return hex.AppendEncode(b, v[10:]), nil
}

// parseID reads what MarshalText writes.
func parseID(s string) (v id, ok bool) {
	if len(s) != 36 || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return id{}, false
	}
	b, err := hex.DecodeString(s[:8] + s[9:13] + s[14:18] + s[19:23] + s[24:])
	if err != nil {
		return id{}, false
	}
	return id(b), true
}
