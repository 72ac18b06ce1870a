package load

import (
	"strings"
	"testing"
)

func TestPattern(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		"connection refused":           "connection refused",
		"dial tcp 127.0.0.1:8020: no":  "dial tcp #.#.#.#:#: no",
		"city 17 is gone":              "city # is gone",
		"id a1b2 and abcd":             "id # and abcd",
		"at 0xc0001a2b":                "at #",
		"sha256 of x_1":                "# of #",
		`named "Rome", not "Paris 2"`:  `named "…", not "…"`,
		"named `Rome`":                 "named `…`",
		`"a\"b 1" c`:                   `"…" c`,
		"`a\\` b":                      "`…` b",
		`an " alone 3`:                 `an " alone #`,
		`""`:                           `"…"`,
		"user 550e8400-e29b-41d4-a716": "user #",
		"user aaaaaaaa-bbbb-cccc-0000": "user #",
		"read-only x - y":              "read-only x - y",
		"Zürich7 und Köln":             "# und Köln",
		"\xff\x00 7":                   "\xff\x00 #",
	} {
		if got := pattern(text); got != want {
			t.Errorf("pattern(%q): %q, want %q", text, got, want)
		}
	}
}

func FuzzPattern(f *testing.F) {
	f.Add(`GET "x\"1" 0xff é 7-7`)
	f.Fuzz(func(t *testing.T, text string) {
		got := pattern(text)
		if strings.ContainsAny(got, "0123456789") {
			t.Errorf("pattern(%q): %q has digits", text, got)
		}
	})
}

func TestFramesAreTheSameForTheSameStack(t *testing.T) {
	const try = "example.com/engine/load.Control.Try({0x1}, 0x2)\n\t/x/user.go:88 +0x1\n"
	stack := func(goroutine, arg, offset, runner string) string {
		return "goroutine " + goroutine + " [running]:\nruntime/debug.Stack()\n\t/go/debug/stack.go:26 +0x5e\n" +
			"load.Control.Try.func2()\n\t/x/user.go:100 +0x45\npanic({" + arg + "?, 0x1?})\n\t/go/panic.go:783 +0x132\n" +
			"main.(*citizen).pay(" + arg + ")\n\t/x/pay.go:12 +" + offset + "\n" + runner + "created by main in goroutine " + goroutine + "\n\t/x/run.go:7 +0x1\n"
	}
	one, two := frames(stack("7", "0xc00001", "0x10", try)), frames(stack("31", "0xc00002", "0x99", try+"main.main()\n\t/x/main.go:1\n"))
	if want := "/x/pay.go:12\n"; one != want || two != want {
		t.Errorf("frames: %q and %q, want %q twice", one, two, want)
	}
	if got, want := frames(stack("7", "", "0x1", "")), "/x/pay.go:12\n/x/run.go:7\n"; got != want {
		t.Errorf("frames without Try: %q, want %q", got, want)
	}
	if got := frames("odd"); got != "" {
		t.Errorf("frames(odd): %q, want nothing", got)
	}
	if got := frames("panic(x)"); got != "" {
		t.Errorf("frames of a cut stack: %q, want nothing", got)
	}
}
