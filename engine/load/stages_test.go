package load_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

func TestParseStages(t *testing.T) {
	const s, m, h = time.Second, time.Minute, time.Hour
	type stages = load.Stages
	for _, tt := range []struct {
		text string
		want load.Stages
		form string // what String makes of it; the text when empty
	}{
		{"2m:100,5m:100,30s:0", stages{{2 * m, 100, false}, {5 * m, 100, false}, {30 * s, 0, false}}, ""},
		{"1m:100:step", stages{{m, 100, true}}, ""},
		{"0s:50,1h:50", stages{{0, 50, false}, {h, 50, false}}, ""},
		{"500ms:2.5", stages{{s / 2, 2.5, false}}, ""},
		{"1h20m:7", stages{{80 * m, 7, false}}, ""},
		{"1h0m5s:7", stages{{h + 5*s, 7, false}}, ""},
		{"90:10", stages{{90 * s, 10, false}}, "1m30s:10"},
		{"1.5:10", stages{{1500 * time.Millisecond, 10, false}}, "1.5s:10"},
		{"5m:1", stages{{5 * m, 1, false}}, ""}, // no 5 ms
		{"1h20:1", stages{{h + 20*s, 1, false}}, "1h0m20s:1"},
		{"3h30m10s:1e3", stages{{3*h + 30*m + 10*s, 1000, false}}, "3h30m10s:1000"},
		{"1m:0.000001", stages{{m, 1e-6, false}}, ""},
		{"1m:1000000", stages{{m, 1e6, false}}, ""},
		{"1m:-0", stages{{m, 0, false}}, "1m:0"},
		{"1m:100:STEP", stages{{m, 100, true}}, "1m:100:step"},
		{" 2m : 100 ,\n\t5m: 100 : step ", stages{{2 * m, 100, false}, {5 * m, 100, true}}, "2m:100,5m:100:step"},
		{"2m:100\n5m:100\r\n\r\n30s:0\n", stages{{2 * m, 100, false}, {5 * m, 100, false}, {30 * s, 0, false}}, "2m:100,5m:100,30s:0"},
		{"soak(100,1h)", load.Soak(100, h), "5m:100,1h:100,5m:0"},
		{"Spike( 200\n, 60 )", load.Spike(20, 200, m), "1m:20:step,10s:200,1m:200,10s:20,1m:20"},
		{"spike(200)", load.Spike(20, 200, m), "1m:20:step,10s:200,1m:200,10s:20,1m:20"},
		{"30s:5,average(10,1m),0:0", append(append(stages{{30 * s, 5, false}}, load.Average(10, m)...), load.Stage{}), "30s:5,10s:10,1m:10,10s:0,0s:0"},
	} {
		got, err := load.ParseStages(tt.text)
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("ParseStages(%q) = %v, %v; want %v", tt.text, got, err, tt.want)
			continue
		}
		form := tt.form
		if form == "" {
			form = tt.text
		}
		if got.String() != form {
			t.Errorf("ParseStages(%q).String() = %q, want %q", tt.text, got, form)
		}
	}
}

func TestParseStagesSaysWhereTheMistakeIs(t *testing.T) {
	for text, want := range map[string]string{
		"":                `character 1: a stage is missing — write a duration and a target, for example 2m:100`,
		"  ":              `character 3: a stage is missing`,
		"2m:100,":         `character 8: a stage is missing`,
		"2m:100,,1m:0":    `character 8: a stage is missing`,
		"2m:100, ,1m:0":   `character 9: a stage is missing`,
		",2m:100":         `character 1: a stage is missing`,
		"100":             `character 1: "100" is not a stage — write a duration and a target, for example 2m:100`,
		"2m:1,000":        `character 6: "000" is not a stage`,
		"2m:100 5m:100":   `character 4: "100 5m" is not a target — write a number, for example 100 or 2.5`,
		"2x:100":          `character 1: "2x" is not a duration — write for example 90, 30s or 1h20m`,
		":100":            `character 1: "" is not a duration`,
		"1m:5,  zwölf:9":  `character 8: "zwölf" is not a duration`,
		"1m:5,\nzwölf: x": `character 7: "zwölf" is not a duration`,
		"ööö(5)":          `character 1: "ööö" is not a preset — write one of average, stress, spike, soak, breakpoint, for example spike(200)`,
		"1m:5\n 1m:x":     `character 10: "x" is not a target`,
		"-5s:100":         `character 1: a duration of -5s is less than 0`,
		"90000h:1":        `character 1: a duration of 90000h0m0s is too long — at most ten years`,
		"9999999999h:1":   `character 1: "9999999999h" is not a duration`,
		"2m:":             `character 4: "" is not a target`,
		"2m:-1":           `character 4: a target of -1 — write 0 or more`,
		"2m:NaN":          `character 4: "NaN" is not a target`,
		"2m:Inf":          `character 4: "Inf" is not a target`,
		"2m:0x10":         `character 4: "0x10" is not a target`,
		"2m:1e999":        `character 4: a target of +Inf is too high — at most 1000000`,
		"2m:1000001":      `character 4: a target of 1.000001e+06 is too high`,
		"2m:100:stop":     `character 8: "stop" is not known — write step, or leave it out, for example 2m:100:step`,
		"2m:100:":         `character 8: "" is not known`,
		"2m:100:step:5":   `character 13: "5" is too much — a stage is a duration, a target and perhaps step`,
		"1m:1,(5)":        `character 6: "" is not a preset`,
		"spike(200":       `character 1: "spike(200" does not end with ) — write for example spike(200)`,
		"spike(200)x":     `character 1: "spike(200)x" does not end with )`,
		"spike()":         `character 7: "" is not a target`,
		"soak(5, x)":      `character 9: "x" is not a duration`,
		"soak(5,1h,2)":    `character 11: "2" is too much — write a peak and perhaps a duration, for example soak(200,8h)`,
		"\xff:1":          `character 1: "\xff" is not a duration`,
	} {
		if got, err := load.ParseStages(text); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("ParseStages(%q) = %v, %v; want an error beginning with %s", text, got, err, want)
		}
	}
}

func FuzzStagesAreReadAsTheyAreWritten(f *testing.F) {
	for _, text := range []string{"2m:100,5m:100,30s:0", "1m:100:step", "90:1e-5", " 1h20m30 : .5\n", "spike(200)", "breakpoint(0.1,3)", "0:-0", "1ns:4.9e-324"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		stages, err := load.ParseStages(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "character ") {
				t.Errorf("ParseStages(%q): %v, which does not say where", text, err)
			}
			return
		}
		again, err := load.ParseStages(stages.String())
		if err != nil || !slices.Equal(again, stages) {
			t.Errorf("ParseStages(%q) = %v, written as %q and read again: %v, %v", text, []load.Stage(stages), stages, again, err)
		}
		stages.Check()
	})
}

func TestStagesCheck(t *testing.T) {
	const m = time.Minute
	type stages = load.Stages
	most := make(stages, load.MaxStages)
	most[0] = load.Stage{Duration: m, Target: 1}
	years := 10 * 365 * 24 * time.Hour
	for _, tt := range []struct {
		stages load.Stages
		want   string // "" when all is well
	}{
		{stages{{m, 100, false}}, ""},
		{stages{{0, 100, true}, {m, 1e6, true}}, ""},
		{stages{{years, 1, false}}, ""},
		{most, ""},
		{nil, "there is no stage"},
		{append(most, load.Stage{}), "101 stages are too many — at most 100"},
		{stages{{m, 1, false}, {-1, 1, false}}, "stage 2: a duration of -1ns is less than 0"},
		{stages{{years + 1, 1, false}}, "stage 1: a duration of 87600h0m0.000000001s is too long — at most ten years"},
		{stages{{years, 1, false}, {1, 1, false}}, "the stages take too long — at most ten years together"},
		{stages{{m, -0.5, false}}, "stage 1: a target of -0.5 — write 0 or more"},
		{stages{{m, math.NaN(), false}}, "stage 1: a target of NaN — write 0 or more"},
		{stages{{m, math.Inf(1), false}}, "stage 1: a target of +Inf is too high — at most 1000000"},
		{stages{{m, math.Inf(-1), false}}, "stage 1: a target of -Inf — write 0 or more"},
		{stages{{m, 1e6 + 1, false}}, "stage 1: a target of 1.000001e+06 is too high"},
		{stages{{0, 5, false}}, "the stages take no time — give one a duration"},
	} {
		got := ""
		if err := tt.stages.Check(); err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%v.Check() = %q, want %q", tt.stages, got, tt.want)
		}
	}
}

func TestStagesLevel(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		stages string
		from   float64
		levels map[time.Duration]float64 // -1 when it is over
	}{
		{"10s:100,10s:100,10s:0", 0, map[time.Duration]float64{
			-s: 0, 0: 0, 1 * s: 10, 10*s - 1: 99.99999999, 10 * s: 100, 15 * s: 100, 20 * s: 100, 25 * s: 50, 30*s - 1: 1e-8, 30 * s: -1, time.Hour: -1, math.MaxInt64: -1,
		}},
		{"10s:100", 50, map[time.Duration]float64{-s: 50, 0: 50, 5 * s: 75, 10 * s: -1}},
		{"10s:0", 50, map[time.Duration]float64{0: 50, 5 * s: 25}},
		{"10s:100:step,10s:20:step", 7, map[time.Duration]float64{-1: 100, 0: 100, 10*s - 1: 100, 10 * s: 20, 20*s - 1: 20, 20 * s: -1}},
		{"0:50,10s:100", 7, map[time.Duration]float64{0: 50, 5 * s: 75}},
		{"10s:100,0:10,0:30,10s:40", 0, map[time.Duration]float64{10*s - 1: 99.99999999, 10 * s: 30, 15 * s: 35}},
		{"10s:100,0:0", 0, map[time.Duration]float64{10*s - 1: 99.99999999, 10 * s: -1}},
		{"0:100", 0, map[time.Duration]float64{0: -1}},
		{"", 5, map[time.Duration]float64{0: -1}},
	} {
		stages, _ := load.ParseStages(tt.stages)
		for at, want := range tt.levels {
			got, on := stages.From(tt.from).Level(at)
			if on != (want >= 0) || math.Abs(got-max(0, want)) > 1e-12 {
				t.Errorf("%s from %v at %s: %v, %v; want %v", tt.stages, tt.from, at, got, on, want)
			}
			if zero, still := stages.Level(at); tt.from == 0 && (zero != got || still != on) {
				t.Errorf("%s at %s: %v, %v; want what From(0) says: %v, %v", tt.stages, at, zero, still, got, on)
			}
		}
	}
}

func TestStagesLengthAndPeak(t *testing.T) {
	for _, tt := range []struct {
		stages load.Stages
		length time.Duration
		peak   float64
	}{
		{nil, 0, 0},
		{load.Stages{{time.Minute, 3, false}, {0, 7, true}, {time.Second, 5, false}}, 61 * time.Second, 7},
		{load.Stages{{math.MaxInt64, 3, false}, {math.MaxInt64, 3, false}}, math.MaxInt64, 3},
		{load.Stages{{-time.Minute, -3, false}, {time.Minute, -1, false}}, time.Minute, 0},
	} {
		if got := tt.stages.Length(); got != tt.length {
			t.Errorf("%v.Length() = %s, want %s", tt.stages, got, tt.length)
		}
		if got := tt.stages.Peak(); got != tt.peak {
			t.Errorf("%v.Peak() = %v, want %v", tt.stages, got, tt.peak)
		}
	}
}

func TestStagesAfter(t *testing.T) {
	const s = time.Second
	for _, tt := range []struct {
		at   time.Duration
		want string
	}{
		{-s, "0s:5,2m:100,1m:50:step,0s:7,30s:0"},
		{0, "0s:5,2m:100,1m:50:step,0s:7,30s:0"},
		{1, "1m59.999999999s:100,1m:50:step,0s:7,30s:0"},
		{30 * s, "1m30s:100,1m:50:step,0s:7,30s:0"},
		{120 * s, "1m:50:step,0s:7,30s:0"},
		{150 * s, "30s:50:step,0s:7,30s:0"},
		{180 * s, "0s:7,30s:0"},
		{180*s + 1, "29.999999999s:0"},
		{210 * s, ""},
		{math.MaxInt64, ""},
	} {
		stages, _ := load.ParseStages("0:5,2m:100,1m:50:step,0:7,30s:0")
		whole := stages.String()
		if got := stages.After(tt.at).String(); got != tt.want {
			t.Errorf("After(%s) = %s, want %s", tt.at, got, tt.want)
		}
		if got := stages.String(); got != whole {
			t.Errorf("After(%s) made its stages %s, want %s as they were", tt.at, got, whole)
		}
	}
}

func TestStagesGoOnAfterAsTheyWere(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2))
	for range 500 {
		stages := make(load.Stages, 1+chance.IntN(6))
		for i := range stages {
			stages[i] = load.Stage{time.Duration(chance.IntN(4)) * time.Second, float64(chance.IntN(100)), chance.IntN(2) == 0}
		}
		begin := float64(chance.IntN(100))
		shape := stages.From(begin)
		cut := time.Duration(chance.Int64N(int64(stages.Length()) + int64(2*time.Second)))
		if chance.IntN(3) == 0 {
			cut = cut.Truncate(time.Second)
		}
		level, _ := shape.Level(cut)
		rest := stages.After(cut).From(level)
		for range 50 {
			at := time.Duration(chance.Int64N(int64(stages.Length()) + int64(time.Second)))
			want, wantOn := shape.Level(cut + at)
			if got, on := rest.Level(at); on != wantOn || math.Abs(got-want) > 1e-6 {
				t.Fatalf("%v from %v: %s after %s the level is %v, %v; want %v, %v", stages, begin, at, cut, got, on, want, wantOn)
			}
		}
	}
}

func TestPresetsAreSoundStages(t *testing.T) {
	for _, p := range load.Presets {
		stages, err := load.ParseStages(fmt.Sprintf("%s(200)", p.Name))
		if err != nil {
			t.Errorf("%s(200): %v", p.Name, err)
			continue
		}
		if want := p.Stages(200, p.Hold); !slices.Equal(stages, want) {
			t.Errorf("%s(200) = %v, want %v", p.Name, stages, want)
		}
		if err := stages.Check(); err != nil || stages.Peak() != 200 {
			t.Errorf("%s(200) = %v, with a peak of %v: %v", p.Name, stages, stages.Peak(), err)
		}
		if p.Help == "" || strings.ContainsAny(p.Help, "\n.") {
			t.Errorf("%s: Help %q, want one line", p.Name, p.Help)
		}
	}
}

func TestPresets(t *testing.T) {
	const m, h = time.Minute, time.Hour
	for _, tt := range []struct {
		name string
		got  load.Stages
		want string
	}{
		{"Average", load.Average(100, 30*m), "5m:100,30m:100,5m:0"},
		{"Stress", load.Stress(200, 30*m), "10m:200,30m:200,5m:0"},
		{"Spike", load.Spike(10, 1000, 3*m), "3m:10:step,30s:1000,3m:1000,30s:10,3m:10"},
		{"Soak", load.Soak(100, 8*h), "5m:100,8h:100,5m:0"},
		{"a short Soak", load.Soak(100, 6*m), "1m:100,6m:100,1m:0"},
		{"Breakpoint", load.Breakpoint(500, 20*m), "2m:50:step,2m:100:step,2m:150:step,2m:200:step,2m:250:step,2m:300:step,2m:350:step,2m:400:step,2m:450:step,2m:500:step"},
	} {
		if got := tt.got.String(); got != tt.want {
			t.Errorf("%s = %s, want %s", tt.name, got, tt.want)
		}
	}
}

func ExampleParseStages() {
	stages, err := load.ParseStages("2m:100, 5m:100, 30s:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	load, _ := stages.Level(time.Minute)
	fmt.Println(load, stages.Peak(), stages.Length())
	fmt.Println("left after six minutes:", stages.After(6*time.Minute))
	// Output:
	// 50 100 7m30s
	// left after six minutes: 1m:100,30s:0
}
