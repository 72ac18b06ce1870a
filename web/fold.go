package web

import (
	"context"
	"io"

	"github.com/a-h/templ"
)

// foldAbove is how many rows a frame has as elements. Of more, only few are in sight, and
// a browser takes its time to make elements of all.
const foldAbove = 60

// folded are rows as a text that no browser parses, a line for each: what addresses call
// the row, a space, and its element. table.js makes elements of those in sight.
//
// Hostile text cannot end it: in a row's element it has no "<".
func folded(rows []TableRow, methods bool) templ.Component {
	return templ.ComponentFunc(func(ctx context.Context, w io.Writer) error {
		before := `<script type="text/plain">`
		for _, r := range rows {
			if _, err := io.WriteString(w, before+r.Row+" "); err != nil {
				return err
			}
			if err := tableLine(r, methods).Render(ctx, w); err != nil {
				return err
			}
			before = "\n"
		}
		_, err := io.WriteString(w, "</script>")
		return err
	})
}
