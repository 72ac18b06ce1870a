package traffic

import (
	"net/http"
	"slices"
	"strings"
)

// vanishing lets requests about what has no id of its own, and can be deleted, be answered
// with 404: of a user's picture there is one or none.
func (d *description) vanishing() {
	gone := map[string]bool{}
	for _, at := range d.listed {
		path := plainPath(at.path)
		if at.method == http.MethodDelete && !strings.HasSuffix(path, "}") && d.kept[path] == nil {
			gone[path] = true
		}
	}
	for _, at := range d.listed {
		c := at.call
		if !gone[plainPath(at.path)] || at.method == http.MethodPost || at.method == http.MethodPut || slices.Contains(c.expect, http.StatusNotFound) {
			continue
		}
		if len(c.expect) == 0 { // the file does not say
			c.expect = []int{http.StatusOK, http.StatusAccepted, http.StatusNoContent}
		}
		c.expect = append(c.expect, http.StatusNotFound)
		c.comment = "It may have been deleted, and then there is none."
	}
}
