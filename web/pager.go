package web

import "strconv"

// A Pager leads to the other pages of a table.
type Pager struct {
	Range          string   // which rows are shown
	Previous, Next string   // addresses; "" at the end
	Pages          []Choice // a choice without an address is a gap
	Sizes          []Choice
}

// A cut is which of n rows are on a page: those from first on, before end.
type cut struct{ page, pages, first, end int }

// newCut returns the rows of a page, counted from 1, of which each has so many. A page
// beyond the last is the last. Without a size all rows are on one page.
func newCut(n, page, size int) cut {
	if size <= 0 {
		return cut{1, 1, 0, n}
	}
	pages := max(1, (n+size-1)/size)
	page = min(max(page, 1), pages)
	first := (page - 1) * size
	return cut{page, pages, first, min(n, first+size)}
}

// newPager is the pager under n rows, nil where there is nothing to choose.
func newPager(n int, c cut, q Query) *Pager {
	if n <= Sizes[0] || q.Size == 0 {
		return nil
	}
	p := &Pager{Range: count(int64(c.first+1)) + "–" + count(int64(c.end)) + " of " + plural(int64(n), "row", "rows")}
	if c.page > 1 {
		p.Previous = q.withPage(c.page - 1).link()
	}
	if c.page < c.pages {
		p.Next = q.withPage(c.page + 1).link()
	}
	last := 0
	for page := 1; page <= c.pages; page++ {
		if page != 1 && page != c.pages && (page < c.page-1 || page > c.page+1) {
			continue
		}
		if last > 0 && page > last+1 {
			p.Pages = append(p.Pages, Choice{Label: "…"})
		}
		p.Pages = append(p.Pages, Choice{count(int64(page)), q.withPage(page).link(), page == c.page})
		last = page
	}
	for _, size := range Sizes {
		p.Sizes = append(p.Sizes, Choice{strconv.Itoa(size), q.withSize(size).link(), size == q.Size})
	}
	return p
}
