package web

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// thin separates thousands: a narrow space that does not break.
const thin = "\u202f"

// count words a whole number: 12 345 678.
func count(n int64) string { return grouped(strconv.FormatInt(n, 10)) }

// grouped separates the thousands of a decimal number.
func grouped(number string) string {
	sign := ""
	if strings.HasPrefix(number, "-") {
		sign, number = "-", number[1:]
	}
	whole, fraction, _ := strings.Cut(number, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteString(thin)
		}
		b.WriteRune(digit)
	}
	if fraction != "" {
		b.WriteString("." + fraction)
	}
	return b.String()
}

// decimal words a number with a fixed number of decimals, but 0 as "0". What is
// not a number, or too large to be one, is worded as a dash.
func decimal(x float64, decimals int) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "–"
	}
	if x == 0 {
		return "0"
	}
	return grouped(strconv.FormatFloat(x, 'f', decimals, 64))
}

// millis words a duration in milliseconds, coarser the longer it is: 0.004, 0.04,
// 0.4, 24.1, 1 234.
func millis(d time.Duration) string {
	ms := inMillis(d)
	switch {
	case ms < 0.0095:
		return decimal(ms, 3)
	case ms < 0.095:
		return decimal(ms, 2)
	case ms < 99.95:
		return decimal(ms, 1)
	default:
		return decimal(ms, 0)
	}
}

func inMillis(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// perSecond words a rate.
func perSecond(rate float64) string {
	if rate < 0.095 {
		return decimal(rate, 2)
	}
	return decimal(rate, 1)
}

// briefly words a rate in few characters, for large print.
func briefly(rate float64) string {
	if rate >= 999.95 {
		return decimal(rate, 0)
	}
	return perSecond(rate)
}

// percent words a share of n, from 0 to 1, without its sign. Neither does
// something become nothing by rounding, nor nearly all become all.
func percent(share float64) string {
	p := share * 100
	switch {
	case p > 0 && p < 0.1:
		return "<" + thin + "0.1"
	case p >= 99.95 && p < 100:
		return ">" + thin + "99.9"
	case p == 100:
		return "100"
	default:
		return decimal(p, 1)
	}
}

// clock words how long something lasts: 0:07, 2:14, 1:02:14.
func clock(d time.Duration) string {
	s := int64(max(0, d) / time.Second)
	if s < 3600 {
		return fmt.Sprintf("%d:%02d", s/60, s%60)
	}
	return fmt.Sprintf("%d:%02d:%02d", s/3600, s/60%60, s%60)
}

// number words a setting as the form takes it: 20, 0.5.
func number(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

// plural words a count of things.
func plural(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return count(n) + " " + many
}

// line words hostile text on one line: control characters, line breaks and
// characters that hide or reorder what surrounds them become codes: \n, \u202e.
func line(s string) string { return visible(s, "") }

// lines is like line but keeps line breaks and tabs.
func lines(s string) string { return visible(s, "\n\t") }

func visible(s, keep string) string {
	if strings.IndexFunc(s, hidden) < 0 {
		return s
	}
	var b strings.Builder
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		if !hidden(r) || strings.ContainsRune(keep, r) {
			b.WriteRune(r)
		} else {
			code := strconv.QuoteToASCII(s[:n])
			b.WriteString(code[1 : len(code)-1])
		}
		s = s[n:]
	}
	return b.String()
}

// hidden tells whether r cannot be seen, or hides or reorders what surrounds it.
func hidden(r rune) bool {
	return r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co)
}

// clip returns s with at most n characters, an ellipsis at the end of what was
// longer.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for i := range s {
		if n == 0 {
			return s[:i] + "…"
		}
		n--
	}
	return s
}
