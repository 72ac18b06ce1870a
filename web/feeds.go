package web

import "github.com/gregaria/gregaria/engine"

// A Feed is how far a run has used the rows of a feed.
type Feed struct {
	Name, Source, Policy string
	Used, Left, Dry      string
	AtEnd                string // what happens when none is left; "" when there is no end
	IsDry                bool
}

func newFeeds(list []engine.FeedStatus) []Feed {
	var feeds []Feed
	for _, f := range list {
		feed := Feed{
			Name: line(f.Name), Source: clip(line(f.Source), 80), Policy: line(f.Policy), AtEnd: line(f.AtEnd),
			Used: count(f.Taken), Left: "no end to them", Dry: count(f.Dry), IsDry: f.Dry > 0,
		}
		switch {
		case f.Rows >= 0 && f.AtEnd != "":
			feed.Left = count(max(0, int64(f.Rows)-f.Taken)) + " of " + count(int64(f.Rows)) + " left"
		case f.Rows >= 0:
			feed.Left = "of " + plural(int64(f.Rows), "row", "rows") + " that all share"
		}
		feeds = append(feeds, feed)
	}
	return feeds
}
