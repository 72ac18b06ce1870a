package static

import (
	"cmp"
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Contrast that WCAG AA asks for: of text, and of what is drawn to be told apart.
const (
	ofText    = 4.5
	ofDrawing = 3.0
)

// pairs are the colours that meet on the page: what is drawn or written, and what it
// lies on.
var pairs = map[string]struct {
	on   string
	want float64
}{
	"ink":       {"paper card raised sand-wash", ofText},
	"soft":      {"paper card raised sand-wash", ofText},
	"pale":      {"card raised", ofText},
	"sand":      {"card raised sand-wash", ofText},
	"bad":       {"paper card raised bad-wash", ofText},
	"good":      {"paper card raised", ofText},
	"on-bad":    {"bad", ofText},
	"on-main":   {"main", ofText},
	"on-start":  {"start", ofText},
	"sand-line": {"paper card", ofDrawing}, // the focus, the current tab, lines of charts
	"edge":      {"paper card", ofDrawing}, // of what can be typed in
}

func TestColoursCanBeToldApart(t *testing.T) {
	t.Parallel()
	light, dark := tokens(t)
	for scheme, colours := range map[string]map[string]string{"light": light, "dark": dark} {
		for text, pair := range pairs {
			for _, ground := range strings.Fields(pair.on) {
				if got := contrast(t, colours[text], colours[ground]); got < pair.want {
					t.Errorf("%s: contrast of %s (%s) on %s (%s) = %.2f, want at least %.1f",
						scheme, text, colours[text], ground, colours[ground], got, pair.want)
				}
			}
		}
	}
}

// tokens reads the colours at the top of app.css.
func tokens(t *testing.T) (light, dark map[string]string) {
	t.Helper()
	light, dark = map[string]string{}, map[string]string{}
	root, _, _ := strings.Cut(string(read(t, "app.css")), "\n}")
	token := regexp.MustCompile(`--([a-z-]+): (?:light-dark\((#[0-9a-f]+), (#[0-9a-f]+)\)|(#[0-9a-f]+));`)
	for _, m := range token.FindAllStringSubmatch(root, -1) {
		light[m[1]], dark[m[1]] = cmp.Or(m[2], m[4]), cmp.Or(m[3], m[4])
	}
	return light, dark
}

// contrast is WCAG's ratio of two colours, from 1 to 21.
func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

// luminance is WCAG's relative luminance of a colour such as #fff or #f6f4ef.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	hex := strings.TrimPrefix(colour, "#")
	if len(hex) == 3 {
		hex = string([]byte{hex[0], hex[0], hex[1], hex[1], hex[2], hex[2]})
	}
	n, err := strconv.ParseUint(hex, 16, 32)
	if err != nil || len(hex) != 6 {
		t.Fatalf("%q is no colour", colour)
	}
	linear := func(x uint64) float64 {
		c := float64(x&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(n>>16) + 0.7152*linear(n>>8) + 0.0722*linear(n)
}
