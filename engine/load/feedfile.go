package load

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/jszwec/csvutil"
)

// readText returns what is in a file of text, without a byte order mark.
func readText(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if here, e := os.Getwd(); e == nil {
			return nil, fmt.Errorf("%w (the working directory is %s)", err, here)
		}
	}
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte("\xff\xfe")) || bytes.HasPrefix(text, []byte("\xfe\xff")) {
		return nil, fmt.Errorf("%s: the text is UTF-16: save it as UTF-8", path)
	}
	return bytes.TrimPrefix(text, []byte("\xef\xbb\xbf")), nil
}

// readCSV reads a file of CSV with a header. T is a struct or map[string]string.
func readCSV[T any](path string) ([]T, error) {
	text, err := readText(path)
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord = -1 // says less than we do
	header, err := r.Read()
	if err == io.EOF {
		return nil, fmt.Errorf("%s: the file is empty: want a line that names the columns, and rows", path)
	}
	if err != nil {
		return nil, csvError(path, err)
	}
	for i, name := range header {
		header[i] = strings.TrimSpace(name)
	}
	line, _ := r.FieldPos(0)
	if err := checkHeader[T](header); err != nil {
		return nil, fmt.Errorf("%s:%d: %w", path, line, err)
	}
	decode, err := csvDecoder[T](header)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	var rows []T
	for {
		record, err := r.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, csvError(path, err)
		}
		line, _ := r.FieldPos(0)
		if len(record) != len(header) {
			return nil, fmt.Errorf("%s:%d: %s, want %d (%s)", path, line, fields(len(record)), len(header), strings.Join(header, ","))
		}
		row, err := decode(record)
		if err != nil {
			return nil, fmt.Errorf("%s:%d: %w", path, line, err)
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: there are no rows below the header", path)
	}
	return rows, nil
}

func fields(n int) string {
	if n == 1 {
		return "1 field"
	}
	return fmt.Sprintf("%d fields", n)
}

// csvError words an error of the reader.
func csvError(path string, err error) error {
	pe, ok := errors.AsType[*csv.ParseError](err)
	switch {
	case !ok:
		return fmt.Errorf("%s: %w", path, err)
	case pe.Err == csv.ErrQuote:
		return fmt.Errorf(`%s:%d: a field that begins with " must end with one: write a " within it as ""`, path, pe.StartLine)
	case pe.Err == csv.ErrBareQuote:
		return fmt.Errorf(`%s:%d: a field has a " in it: put the whole field in quotes and write the " as ""`, path, pe.Line)
	}
	return fmt.Errorf("%s:%d: %w", path, pe.Line, pe.Err)
}

// checkHeader compares the columns of a file with what a T takes.
func checkHeader[T any](header []string) error {
	if len(header) == 1 && strings.ContainsAny(header[0], ";\t") {
		return fmt.Errorf("the only column is %q: want commas between columns", header[0])
	}
	for i, name := range header {
		if name == "" {
			return fmt.Errorf("column %d has no name", i+1)
		}
		if slices.Contains(header[:i], name) {
			return fmt.Errorf("two columns are named %s", name)
		}
	}
	row := reflect.TypeFor[T]()
	if row.Kind() != reflect.Struct {
		return nil
	}
	want, err := csvutil.Header(*new(T), "csv")
	if err != nil {
		return err
	}
	for _, name := range want {
		if !slices.Contains(header, name) {
			return fmt.Errorf("there is no column %s, which %s takes: the columns are %s", name, row, strings.Join(header, ","))
		}
	}
	for _, name := range header {
		if !slices.Contains(want, name) {
			return fmt.Errorf("no field of %s takes column %s: it takes %s", row, name, strings.Join(want, ","))
		}
	}
	return nil
}

// csvDecoder returns what makes a row of a record.
func csvDecoder[T any](header []string) (func(record []string) (T, error), error) {
	if reflect.TypeFor[T]().Kind() == reflect.Map {
		return func(record []string) (T, error) {
			row := make(map[string]string, len(header))
			for i, name := range header {
				row[name] = record[i]
			}
			return any(row).(T), nil
		}, nil
	}
	var one oneRecord
	d, err := csvutil.NewDecoder(&one, header...)
	if err != nil {
		return nil, err
	}
	return func(record []string) (row T, err error) {
		one.record = record
		return row, fieldError(d.Decode(&row))
	}, nil
}

// A oneRecord has csvutil decode a record that was read already.
type oneRecord struct{ record []string }

func (o *oneRecord) Read() ([]string, error) { return o.record, nil }

// fieldError words an error of csvutil.
func fieldError(err error) error {
	if ue, ok := errors.AsType[*csvutil.UnsupportedTypeError](err); ok {
		return fmt.Errorf("a field of type %s cannot take a column", ue.Type)
	}
	de, ok := errors.AsType[*csvutil.DecodeError](err)
	if !ok {
		return err
	}
	if te, ok := errors.AsType[*csvutil.UnmarshalTypeError](de.Err); ok {
		return fmt.Errorf("column %s is %q, want %s", de.Field, te.Value, te.Type)
	}
	return fmt.Errorf("column %s: %w", de.Field, de.Err)
}

// readJSON reads a file that is an array of T, or has one T after the other.
func readJSON[T any](path string) ([]T, error) {
	text, err := readText(path)
	if err != nil {
		return nil, err
	}
	text = bytes.TrimRight(text, " \t\r\n")
	begin := bytes.TrimLeft(text, " \t\r\n")
	if len(begin) == 0 {
		return nil, fmt.Errorf("%s: the file is empty: want an array of rows, or one row after the other", path)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	more := func() bool { return int(d.InputOffset()) < len(text) }
	if begin[0] == '[' {
		// A Decoder within an array says too little about where a mistake is.
		if err := jsonError(path, text, 0, new(json.RawMessage)); err != nil {
			return nil, err
		}
		if _, err := d.Token(); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		more = d.More
	}
	var rows []T
	for more() {
		after := int(d.InputOffset())
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			if better := jsonError(path, text, after, &raw); better != nil {
				err = better
			}
			return nil, err
		}
		var row T
		start := int(d.InputOffset()) - len(raw)
		if err := jsonError(path, text[:start+len(raw)], start, &row); err != nil {
			return nil, err
		}
		rows = append(rows, row)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: the array has no rows", path)
	}
	return rows, nil
}

// jsonError decodes text from start into v and says on which line a mistake is.
func jsonError(path string, text []byte, start int, v any) error {
	err := json.Unmarshal(text[start:], v)
	if err == nil && bytes.Equal(text[start:], []byte("null")) {
		err = errors.New("the row is null")
	}
	at := start
	if se, ok := errors.AsType[*json.SyntaxError](err); ok {
		at += int(se.Offset) - 1
	} else if te, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		at += int(te.Offset) - 1
		what := "the row"
		if te.Field != "" {
			what = "field " + te.Field
		}
		err = fmt.Errorf("%s is %s, want %s", what, te.Value, te.Type)
	}
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s:%d: %w", path, 1+bytes.Count(text[:min(max(at, 0), len(text))], []byte("\n")), err)
}
