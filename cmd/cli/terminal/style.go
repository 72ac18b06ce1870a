package terminal

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Styles of text. What a terminal cannot show, or NO_COLOR forbids, is left out where
// the view is written.
func strong(s string) string { return ansi.NewStyle().Bold().Styled(s) }
func faint(s string) string  { return ansi.NewStyle().Faint().Styled(s) }
func accent(s string) string { return ansi.NewStyle().ForegroundColor(ansi.Yellow).Styled(s) }
func alarm(s string) string  { return ansi.NewStyle().ForegroundColor(ansi.Red).Styled(s) }

// columns returns how many columns of a terminal s takes.
func columns(s string) int { return ansi.StringWidthWc(s) }

// cut shortens s to n columns.
func cut(s string, n int) string { return ansi.TruncateWc(s, n, "…") }

// left brings s to n columns and aligns it left; a space stays behind it.
func left(s string, n int) string {
	s = cut(s, max(0, n-1))
	return s + strings.Repeat(" ", max(0, n-columns(s)))
}

// right brings s to n columns and aligns it right; a space stays before it.
func right(s string, n int) string {
	s = cut(s, max(0, n-1))
	return strings.Repeat(" ", max(0, n-columns(s))) + s
}
