package web

import (
	"net/url"
	"slices"
	"strings"
)

// A Search is a box to type words in. It is a form that asks for the page with them.
type Search struct {
	Label, Placeholder, Value string
	Rest                      []Parameter // of the query, as the form keeps it
}

func newSearch(q Query, label, placeholder string) Search {
	s := Search{Label: label, Placeholder: placeholder, Value: q.Search}
	q.Search, q.Page, q.Form = "", 1, FormNone
	rest, _ := url.ParseQuery(q.Encode()) // which Encode has made
	for name, values := range rest {
		s.Rest = append(s.Rest, Parameter{name, values[0]})
	}
	slices.SortFunc(s.Rest, func(a, b Parameter) int { return strings.Compare(a.Label, b.Label) })
	return s
}

// hasWords tells whether the texts have all words of a search in them, whatever their case.
func hasWords(search string, texts ...string) bool {
	if search == "" {
		return true
	}
	all := strings.ToLower(strings.Join(texts, "\n"))
	for word := range strings.FieldsSeq(strings.ToLower(search)) {
		if !strings.Contains(all, word) {
			return false
		}
	}
	return true
}
