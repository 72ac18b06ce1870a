package load_test

import (
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

func TestParamsAreReadFromText(t *testing.T) {
	text := load.Param[string]{Name: "text", Default: "a"}
	whole := load.Param[int]{Name: "whole", Default: 1}
	number := load.Param[float64]{Name: "number", Default: 0.5}
	yes := load.Param[bool]{Name: "yes", Default: true}
	span := load.Param[time.Duration]{Name: "span", Default: 1500 * time.Millisecond, Help: "how long"}
	for _, tt := range []struct {
		param load.Parameter
		text  string
		want  any // an error if a string beginning with !
	}{
		{text, "", ""},
		{text, " x, y ", " x, y "},
		{whole, "-12", -12},
		{whole, "1.5", `!"1.5" is not a whole number such as 10`},
		{whole, "", `!"" is not a whole number`},
		{whole, "99999999999999999999", "!is not a whole number"},
		{number, "1e3", 1000.0},
		{number, "NaN", `!"NaN" is not a number such as 0.5`},
		{number, "inf", `!"inf" is not a number`},
		{number, "1e999", "!is not a number"},
		{number, "half", "!is not a number"},
		{yes, "true", true},
		{yes, "0", false},
		{yes, "yes", `!"yes" is not true or false`},
		{span, "2m30s", 150 * time.Second},
		{span, "5", `!"5" is not a duration such as 500ms or 2s`},
	} {
		got, err := tt.param.Parse(tt.text)
		name := tt.param.Spec().Name
		if want, ok := tt.want.(string); ok && strings.HasPrefix(want, "!") {
			if err == nil || !strings.Contains(err.Error(), want[1:]) {
				t.Errorf("%s.Parse(%q): %v, %v; want an error with %q", name, tt.text, got, err, want[1:])
			}
			continue
		}
		if err != nil || got != tt.want {
			t.Errorf("%s.Parse(%q): %#v, %v; want %#v", name, tt.text, got, err, tt.want)
		}
	}
	for _, tt := range []struct {
		param load.Parameter
		want  load.ParamSpec
	}{
		{text, load.ParamSpec{Name: "text", Kind: "string", Default: "a"}},
		{whole, load.ParamSpec{Name: "whole", Kind: "int", Default: "1"}},
		{number, load.ParamSpec{Name: "number", Kind: "float64", Default: "0.5"}},
		{yes, load.ParamSpec{Name: "yes", Kind: "bool", Default: "true"}},
		{span, load.ParamSpec{Name: "span", Kind: "duration", Default: "1.5s", Help: "how long"}},
	} {
		if got := tt.param.Spec(); got != tt.want {
			t.Errorf("Spec: %+v, want %+v", got, tt.want)
		}
	}
}

func TestParamOfUser(t *testing.T) {
	span := load.Param[time.Duration]{Name: "span", Default: time.Second}
	for _, tt := range []struct {
		params map[string]any
		want   time.Duration
	}{
		{nil, time.Second},
		{map[string]any{"other": time.Minute}, time.Second},
		{map[string]any{"span": time.Minute}, time.Minute},
		{map[string]any{"span": time.Duration(0)}, 0},
	} {
		u := seat(t, &fake{}, func(s *load.Seat) { s.Params = tt.params })
		if got := span.Of(u.User); got != tt.want {
			t.Errorf("Of a user with %v: %s, want %s", tt.params, got, tt.want)
		}
	}
}
