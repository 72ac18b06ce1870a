package server

import (
	"slices"
	"testing"
)

// TestThePagesOwnInputsSayWhatAStartTakes: a browser without a script sends an input per
// weight, and says of tasks which are on.
func TestThePagesOwnInputsSayWhatAStartTakes(t *testing.T) {
	s, e := newServer(t, nil)
	page := map[string]string{"Accept": "text/html"}
	sent := form("user_count", "4", "spawn_rate", "1000", "user_classes", "", "user_classes", "shop", "weight:shop", "0", "weight:bare", "",
		"task:known", "shop/front", "task:known", "shop/odd", "task:on", "shop/odd", "checks", "p95 < 1s", "checks", "")
	call{name: "refused", method: "POST", path: "/swarm", form: sent, header: page, status: 422, contain: []string{
		"0 of shop is too small", `name="weight:shop" value="0"`, `value="shop/front">`, `value="shop/odd" checked>`, `name="checks" value="p95 &lt; 1s"`, "1 of ",
	}}.do(t, s)
	sent.Set("weight:shop", "3")
	call{name: "started", method: "POST", path: "/swarm", form: sent, header: page, status: 303}.do(t, s)
	c := e.Status().Config
	if c.Weights["shop"] != 3 || len(c.Weights) != 1 || !slices.Equal(c.Off, []string{"shop/front"}) || len(c.Checks) != 1 {
		t.Errorf("the run is asked for %+v, want weight 3, no front, and one check", c)
	}
}
