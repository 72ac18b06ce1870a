package load

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// ParseStages reads stages as people write them: "2m:100,5m:100,30s:0" goes evenly to
// 100 within two minutes, stays for five and comes down within half a minute. A stage
// that ends in ":step" jumps: "1m:100:step".
//
// Between stages is a comma or a new line. Durations are those of Go, such as 1m30s or
// 500ms, and those of Locust, such as 90 or 1h20m; targets may be fractions. In place
// of a stage there may be the name of one of [Presets] with its peak, and how long to
// hold it: "spike(200)", "soak(100,1h)".
//
// The error says where the mistake is, counting characters from 1. What the stages
// are like together is for [Stages.Check] to say.
func ParseStages(text string) (Stages, error) {
	var stages Stages
	for _, piece := range (part{text, 1}).split(',') {
		for _, line := range piece.split('\n') {
			if line.text == "" && piece.text != "" {
				continue // an empty line
			}
			some, err := line.parse()
			if err != nil {
				return nil, err
			}
			stages = append(stages, some...)
		}
	}
	return stages, nil
}

// String writes stages in the form that ParseStages reads.
func (s Stages) String() string {
	var b strings.Builder
	for i, stage := range s {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(span(stage.Duration))
		b.WriteByte(':')
		b.WriteString(strconv.FormatFloat(stage.Target+0, 'f', -1, 64)) // +0: no -0
		if stage.Step {
			b.WriteString(":step")
		}
	}
	return b.String()
}

// span writes a duration without units of which there are none: 2m, not 2m0s.
func span(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// A part is a piece of a text, without space around it.
type part struct {
	text string
	at   int // its first character, counted from 1
}

// wrong is a mistake in p.
func (p part) wrong(format string, args ...any) error {
	return fmt.Errorf("character %d: %w", p.at, fmt.Errorf(format, args...))
}

// cut returns the piece of p from byte i to j.
func (p part) cut(i, j int) part {
	space := len(p.text[i:j]) - len(strings.TrimLeftFunc(p.text[i:j], unicode.IsSpace))
	return part{strings.TrimSpace(p.text[i:j]), p.at + utf8.RuneCountInString(p.text[:i+space])}
}

// split returns the pieces of p between separators, of which those in parentheses
// are none.
func (p part) split(separator byte) []part {
	var list []part
	begin, depth := 0, 0
	for i := range len(p.text) {
		switch c := p.text[i]; {
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == separator && depth <= 0:
			list = append(list, p.cut(begin, i))
			begin = i + 1
		}
	}
	return append(list, p.cut(begin, len(p.text)))
}

// parse reads a stage, or a preset.
func (p part) parse() (Stages, error) {
	if name, _, found := strings.Cut(p.text, "("); found {
		return p.preset(len(name))
	}
	fields := p.split(':')
	switch {
	case p.text == "":
		return nil, p.wrong("a stage is missing — write a duration and a target, for example 2m:100")
	case len(fields) == 1:
		return nil, p.wrong("%q is not a stage — write a duration and a target, for example 2m:100", p.text)
	case len(fields) > 3:
		return nil, fields[3].wrong("%q is too much — a stage is a duration, a target and perhaps step, for example 2m:100:step", fields[3].text)
	}
	var stage Stage
	var err error
	if stage.Duration, err = fields[0].duration(); err != nil {
		return nil, err
	}
	if stage.Target, err = fields[1].target(); err != nil {
		return nil, err
	}
	if len(fields) == 3 {
		if !strings.EqualFold(fields[2].text, "step") {
			return nil, fields[2].wrong("%q is not known — write step, or leave it out, for example 2m:100:step", fields[2].text)
		}
		stage.Step = true
	}
	return Stages{stage}, nil
}

// duration reads a duration of Go's or Locust's.
func (p part) duration() (time.Duration, error) {
	d, err := time.ParseDuration(p.text)
	if n := len(p.text); err != nil && n > 0 && '0' <= p.text[n-1] && p.text[n-1] <= '9' {
		d, err = time.ParseDuration(p.text + "s")
	}
	if err != nil {
		return 0, p.wrong("%q is not a duration — write for example 90, 30s or 1h20m", p.text)
	}
	if err := (Stage{Duration: d}).check(); err != nil {
		return 0, p.wrong("%w", err)
	}
	return d, nil
}

// target reads a target.
func (p part) target() (float64, error) {
	n, err := strconv.ParseFloat(p.text, 64)
	if strings.Trim(p.text, "+-.0123456789eE") != "" || err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, p.wrong("%q is not a target — write a number, for example 100 or 2.5", p.text)
	}
	if err := (Stage{Target: n}).check(); err != nil {
		return 0, p.wrong("%w", err)
	}
	return n + 0, nil // no -0
}

// preset reads a preset whose name is so long.
func (p part) preset(name int) (Stages, error) {
	i := slices.IndexFunc(Presets, func(c Preset) bool { return strings.EqualFold(c.Name, p.cut(0, name).text) })
	if i < 0 {
		var names []string
		for _, c := range Presets {
			names = append(names, c.Name)
		}
		return nil, p.wrong("%q is not a preset — write one of %s, for example spike(200)", p.cut(0, name).text, strings.Join(names, ", "))
	}
	preset := Presets[i]
	if !strings.HasSuffix(p.text, ")") {
		return nil, p.wrong("%q does not end with ) — write for example %s(200)", p.text, preset.Name)
	}
	args := p.cut(name+1, len(p.text)-1).split(',')
	if len(args) > 2 {
		return nil, args[2].wrong("%q is too much — write a peak and perhaps a duration, for example %s(200,%s)", args[2].text, preset.Name, span(preset.Hold))
	}
	peak, err := args[0].target()
	if err != nil {
		return nil, err
	}
	hold := preset.Hold
	if len(args) == 2 {
		if hold, err = args[1].duration(); err != nil {
			return nil, err
		}
	}
	return preset.Stages(peak, hold), nil
}
