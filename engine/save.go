package engine

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"

	"github.com/gregaria/gregaria/engine/stats"
)

// savedAs is the first line of a saved run. It changes with the form of the rest.
const savedAs = "gregaria run 1\n"

// maxSaved bounds what is written and read: twice what a history keeps.
const maxSaved = 256 << 20

// Save writes a run that is over, so that ReadStatus returns it as it was: numbers,
// history, failures, events and what the run was asked for. Users and passwords in
// addresses and secret parameters are left out. Before the first run, and while one is
// on, it is an error.
func (s *Status) Save(w io.Writer) error {
	if s.State != Stopped {
		return fmt.Errorf("save run: it is %s, not over", s.State)
	}
	rest := *s
	rest.Stats, rest.History = nil, stats.Timeline{}
	rest.Config.Host, rest.Config.Force = WithoutUser(rest.Config.Host), false
	told, err := json.Marshal(&rest)
	if err != nil {
		return fmt.Errorf("save run: %w", err)
	}
	b := []byte(savedAs)
	for _, part := range [][]byte{told, s.Stats.AppendBinary(nil), s.History.AppendBinary(nil)} {
		b = append(binary.AppendUvarint(b, uint64(len(part))), part...)
	}
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b))
	if len(b) > maxSaved {
		return fmt.Errorf("save run: more than %d MB, which nobody would read", maxSaved>>20)
	}
	if _, err := w.Write(b); err != nil {
		return fmt.Errorf("save run: %w", err)
	}
	return nil
}

// ReadStatus reads what Save wrote. It accepts any bytes and reports what is wrong with
// them.
func ReadStatus(r io.Reader) (*Status, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxSaved+1))
	if err != nil {
		return nil, fmt.Errorf("read run: %w", err)
	}
	s, err := parseStatus(b)
	if err != nil {
		return nil, fmt.Errorf("read run: %w", err)
	}
	return s, nil
}

func parseStatus(b []byte) (*Status, error) {
	rest, ours := bytes.CutPrefix(b, []byte(savedAs))
	end := len(b) - crc32.Size
	switch {
	case len(b) > maxSaved:
		return nil, fmt.Errorf("more than %d MB", maxSaved>>20)
	case !ours:
		return nil, errors.New("it was not saved by this version")
	case len(rest) < crc32.Size, crc32.ChecksumIEEE(b[:end]) != binary.BigEndian.Uint32(b[end:]):
		return nil, errors.New("it is not whole")
	}
	return parseParts(rest[:len(rest)-crc32.Size])
}

func parseParts(rest []byte) (*Status, error) {
	var parts [3][]byte
	for i := range parts {
		n, size := binary.Uvarint(rest)
		if size <= 0 || n > math.MaxInt || int(n) > len(rest)-size {
			return nil, errors.New("a part of it is cut off")
		}
		parts[i], rest = rest[size:size+int(n)], rest[size+int(n):]
	}
	if len(rest) > 0 {
		return nil, fmt.Errorf("%d bytes too many", len(rest))
	}
	s := new(Status)
	if err := json.Unmarshal(parts[0], s); err != nil {
		return nil, err
	}
	if s.State != Stopped || s.Run < 1 || s.Run > math.MaxInt32 {
		return nil, fmt.Errorf("run %d, which is %q", s.Run, s.State)
	}
	var err error
	if s.Stats, err = stats.ParseSnapshot(parts[1]); err != nil {
		return nil, err
	}
	s.History, err = stats.ParseTimeline(parts[2])
	return s, err
}
