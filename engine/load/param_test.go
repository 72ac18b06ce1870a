package load_test

import (
	"fmt"
	"reflect"
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
	size := load.Param[string]{Name: "size-2", Default: "s", Choices: []string{"s", "m", "l"}}
	rate := load.Param[float64]{Name: "rate", Choices: []float64{0, 0.5, 1e6}}
	pause := load.Param[time.Duration]{Name: "pause", Choices: []time.Duration{0, 90 * time.Second}}
	key := load.Param[string]{Name: "key", Default: "s3cret", Secret: true, Check: func(s string) error {
		if len(s) < 4 {
			return fmt.Errorf("%d letters are too few — at least 4", len(s))
		}
		return nil
	}}
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
		{size, "l", "l"},
		{size, "xl", `!"xl" is not s, m or l`},
		{rate, "1000000", 1e6},
		{rate, "1", `!"1" is not 0, 0.5 or 1e+06`},
		{pause, "90s", 90 * time.Second},
		{pause, "1m", `!"1m0s" is not 0s or 1m30s`},
		{key, "4567", "4567"},
		{key, "123", "!3 letters are too few — at least 4"},
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
		{text, load.ParamSpec{Name: "text", Env: "GREGARIA_TEXT", Kind: "string", Default: "a"}},
		{whole, load.ParamSpec{Name: "whole", Env: "GREGARIA_WHOLE", Kind: "int", Default: "1"}},
		{number, load.ParamSpec{Name: "number", Env: "GREGARIA_NUMBER", Kind: "float64", Default: "0.5"}},
		{yes, load.ParamSpec{Name: "yes", Env: "GREGARIA_YES", Kind: "bool", Default: "true"}},
		{span, load.ParamSpec{Name: "span", Env: "GREGARIA_SPAN", Kind: "duration", Default: "1.5s", Help: "how long"}},
		{size, load.ParamSpec{Name: "size-2", Env: "GREGARIA_SIZE_2", Kind: "string", Default: "s", Choices: []string{"s", "m", "l"}}},
		{rate, load.ParamSpec{Name: "rate", Env: "GREGARIA_RATE", Kind: "float64", Default: "0", Choices: []string{"0", "0.5", "1e+06"}}},
		{key, load.ParamSpec{Name: "key", Env: "GREGARIA_KEY", Kind: "string", Secret: true}},
	} {
		if got := tt.param.Spec(); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("Spec: %+v, want %+v", got, tt.want)
		}
	}
}

func TestParamOfUser(t *testing.T) {
	span := load.Param[time.Duration]{Name: "span", Default: time.Second}
	key := load.Param[string]{Name: "key", Default: "s3cret", Secret: true}
	plan, err := load.Scenario[plain]{Name: "p", Params: []load.Parameter{span, key}, Tasks: []load.Task[plain]{{Run: (*plain).add}}}.Plan()
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		given map[string]any
		want  time.Duration
	}{
		{nil, time.Second},
		{map[string]any{"other": time.Minute}, time.Second},
		{map[string]any{"span": time.Minute}, time.Minute},
		{map[string]any{"span": time.Duration(0)}, 0},
	} {
		u := seat(t, &fake{}, func(s *load.Seat) { s.Params = plan.Values(tt.given) })
		if got := span.Of(u.User); got != tt.want {
			t.Errorf("Of a user with %v: %s, want %s", tt.given, got, tt.want)
		}
		if got := key.Of(u.User); got != "s3cret" {
			t.Errorf("Of a user with %v: %q, want the default of the secret", tt.given, got)
		}
	}
}

func TestAParamThatIsNotListedIsAnException(t *testing.T) {
	for _, params := range []map[string]any{nil, {"other": 2}, {"n": "another kind"}} {
		u := seat(t, &fake{}, func(s *load.Seat) { s.Params = params })
		err := u.Try(func() error { load.Param[int]{Name: "n"}.Of(u.User); return nil })
		if load.Counted(err) || !strings.Contains(fmt.Sprint(err), "list parameter n in Scenario.Params") {
			t.Errorf("Of a user with %v: %v, want a panic that says to list it", params, err)
		}
	}
}
