package web

import "strings"

// newWordBox is a box for words that what a tab lists must have.
func newWordBox(q Query, label, example string) Box {
	without := q
	without.Search, without.Page, without.Form = "", 1, FormNone
	b := Box{ID: "search", Name: "q", Label: label, Value: q.Search, Example: example, Keeps: keeps(without)}
	if q.Search != "" {
		b.Clear = without.link()
	}
	return b
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
