package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// A setting is what a config file says about one flag.
type setting struct {
	key   string
	texts []string // what is given for it
	list  bool     // it is written as a list
	line  int      // counted from 1
}

// A fileError is a mistake in a config file.
type fileError struct {
	file string
	line int
	err  error
}

func (e *fileError) Error() string { return fmt.Sprintf("%s:%d: %v", e.file, e.line, e.err) }
func (e *fileError) Unwrap() error { return e.err }

// mostConfig is how large a config file may be.
const mostConfig = 1 << 20

// readConfig reads a config file, which messages call name: TOML if its name ends so, or
// else lines as Locust has them. With mistakes it returns the rest, and all of them.
func readConfig(path, name string) ([]setting, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, mostConfig+1))
	if err != nil {
		return nil, err
	}
	if len(text) > mostConfig {
		return nil, fmt.Errorf("%s: is no config file — it has more than %d kB", name, mostConfig>>10)
	}
	text = []byte(strings.TrimPrefix(string(text), "\ufeff"))
	if filepath.Ext(path) == ".toml" {
		return parseTOML(name, text)
	}
	return parseConf(name, string(text))
}

// parseTOML reads settings from a TOML document: keys with a value or a list of values.
func parseTOML(name string, text []byte) ([]setting, error) {
	wrong := func(line int, format string, args ...any) error {
		return &fileError{name, line, fmt.Errorf(format, args...)}
	}
	// This knows all the rules, such as that no key is there twice.
	if err := toml.Unmarshal(text, new(map[string]any)); err != nil {
		line := 1
		if e, ok := errors.AsType[*toml.DecodeError](err); ok {
			line, _ = e.Position()
		}
		return nil, wrong(line, "%s", strings.TrimPrefix(err.Error(), "toml: "))
	}
	var list []setting
	var errs []error
	var p unstable.Parser
	p.Reset(text)
	inTable := false
	for p.NextExpression() {
		e := p.Expression()
		var keys []string
		line := 1
		for it := e.Key(); it.Next(); {
			if keys == nil {
				line = p.Shape(it.Node().Raw).Start.Line
			}
			keys = append(keys, string(it.Node().Data))
		}
		if e.Kind != unstable.KeyValue {
			errs = append(errs, wrong(line, "there are no sections such as [%s] — write all keys without", strings.Join(keys, ".")))
			inTable = true
			continue
		}
		if inTable {
			continue // which has been said
		}
		s := setting{key: strings.Join(keys, "."), line: line}
		texts, err := tomlTexts(e.Value())
		if err != nil {
			errs = append(errs, wrong(line, "%s: %w", s.key, err))
			continue
		}
		s.texts, s.list = texts, e.Value().Kind == unstable.Array
		list = append(list, s)
	}
	return list, errors.Join(append(errs, p.Error())...)
}

// tomlTexts returns a value, or those of a list, as they would be written on a command
// line.
func tomlTexts(n *unstable.Node) ([]string, error) {
	if n.Kind != unstable.Array {
		text, err := tomlText(n)
		return []string{text}, err
	}
	texts := []string{}
	for it := n.Children(); it.Next(); {
		text, err := tomlText(it.Node())
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
	}
	return texts, nil
}

func tomlText(n *unstable.Node) (string, error) {
	switch n.Kind {
	case unstable.String:
		return string(n.Data), nil
	case unstable.Integer, unstable.Float:
		return strings.ReplaceAll(string(n.Data), "_", ""), nil
	case unstable.Bool:
		return string(n.Data), nil
	case unstable.Array:
		return "", errors.New("a list within a list is no value — write one list")
	case unstable.InlineTable:
		return "", errors.New("a table is no value — write a text, a number, true, false or a list of these")
	}
	return "", errors.New("a date is no value — write it as a text, in quotes")
}

// parseConf reads settings as Locust writes them: lines of "key = value", "key: value" or
// "key value", lists as [a, b] or as lines of the same key, and comments from # or ; on. A
// key alone means true.
func parseConf(name, text string) ([]setting, error) {
	var list []setting
	var errs []error
	for i, line := range strings.Split(text, "\n") {
		wrong := func(format string, args ...any) {
			errs = append(errs, &fileError{name, i + 1, fmt.Errorf(format, args...)})
		}
		if !utf8.ValidString(line) || strings.ContainsRune(line, 0) {
			wrong("this is no text")
			continue
		}
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' || line[0] == '[' {
			continue
		}
		s := setting{line: i + 1}
		end := strings.IndexAny(line, "=: \t")
		if end < 0 {
			end = len(line)
		}
		s.key = strings.TrimLeft(line[:end], "-")
		if s.key == "" {
			wrong("there is no key — write for example users = 20")
			continue
		}
		rest := strings.TrimSpace(line[end:])
		if strings.HasPrefix(rest, "=") || strings.HasPrefix(rest, ":") {
			rest = strings.TrimSpace(rest[1:])
			if rest == "" || rest[0] == '#' || rest[0] == ';' {
				s.texts = []string{""}
				list = append(list, s)
				continue
			}
		} else if rest == "" || rest[0] == '#' || rest[0] == ';' {
			s.texts = []string{"true"}
			list = append(list, s)
			continue
		}
		var err error
		if s.texts, s.list, err = confTexts(rest); err != nil {
			wrong("%s: %w", s.key, err)
			continue
		}
		list = append(list, s)
	}
	return list, errors.Join(errs...)
}

// confTexts reads a value or a list of them.
func confTexts(text string) (texts []string, list bool, err error) {
	if text[0] != '[' {
		value, rest, err := confText(text, "")
		if err == nil && rest != "" {
			err = fmt.Errorf("%q is too much after the quotes", rest)
		}
		return []string{value}, false, err
	}
	texts, text = []string{}, strings.TrimSpace(text[1:])
	for {
		if text == "" {
			return nil, true, errors.New("the list has no end — close it with ]")
		}
		if text[0] == ']' {
			if rest := uncommented(text[1:]); rest != "" {
				return nil, true, fmt.Errorf("%q is too much after the list", rest)
			}
			return texts, true, nil
		}
		value, rest, err := confText(text, ",]")
		if err != nil {
			return nil, true, err
		}
		texts = append(texts, value)
		text = rest
		if strings.HasPrefix(text, ",") {
			text = strings.TrimSpace(text[1:])
		} else if text != "" && text[0] != ']' {
			return nil, true, fmt.Errorf("%q is too much after the quotes — put a comma between values", text)
		}
	}
}

// confText reads a value, which may be in quotes, up to one of the characters in end, or
// a comment.
func confText(text, end string) (value, rest string, err error) {
	if q := text[0]; q == '"' || q == '\'' {
		inner, after, closed := strings.Cut(text[1:], string(q))
		if !closed {
			return "", "", fmt.Errorf("the quotes have no end — close them with %c", q)
		}
		return inner, uncommented(after), nil
	}
	text = uncommented(text)
	if i := strings.IndexAny(text, end); i >= 0 {
		return strings.TrimSpace(text[:i]), text[i:], nil
	}
	return text, "", nil
}

// uncommented returns text without a comment at its end, and without space around it. A
// comment comes after a space: http://x.test/#top has none.
func uncommented(text string) string {
	for i := range len(text) {
		if (text[i] == '#' || text[i] == ';') && (i == 0 || text[i-1] == ' ' || text[i-1] == '\t') {
			text = text[:i]
			break
		}
	}
	return strings.TrimSpace(text)
}
