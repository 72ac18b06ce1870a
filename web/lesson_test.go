package web

import (
	"strings"
	"testing"

	"github.com/gregaria/gregaria/engine/stats"
)

func counts4(pairs ...int64) (c stats.Counts) {
	for i := 0; i < len(pairs); i += 2 {
		c = append(c, stats.Count{Of: int(pairs[i]), N: pairs[i+1]})
	}
	return c
}

func TestTheLessonIsSaidInASentence(t *testing.T) {
	for _, c := range []struct {
		requests, failures stats.Counts
		want               string
	}{
		{counts4(1, 1204, 2, 500, 3, 900, 11, 1000), counts4(2, 205, 3, 500, 11, 920), "Never with 1 user (0 of 1 204 requests); 92.0 % with 11–20 users."},
		{counts4(1, 100, 2, 100, 3, 100, 11, 1000), counts4(11, 920), "Never with up to 5 users (0 of 300 requests); 92.0 % with 11–20 users."},
		{counts4(1, 3, 11, 1000), counts4(11, 500), "Not yet with 1 user, in 3 requests only; 50.0 % with 11–20 users."},
		{counts4(1, 1000, 11, 1000), counts4(11, 1), "Not yet with 1 user, in 1 000 requests only; 0.1 % with 11–20 users."},
		{counts4(2, 100, 3, 100), counts4(3, 50), "Never with 2 users (0 of 100 requests); 50.0 % with 3–5 users."},
		{counts4(1, 100), counts4(1, 45), "45.0 % with 1 user already: it takes no crowd."},
		{counts4(11, 100), counts4(11, 45), "45.0 % with 11–20 users. Whether fewer meet it too, only a run with fewer tells."},
		{counts4(1, 1000, 6, 1000), counts4(1, 30, 6, 920), "More with more users: 3.0 % with 1 user, 92.0 % with 6–10 users."},
		{counts4(1, 1000, 6, 1000), counts4(1, 920, 6, 30), "Less with more users: 92.0 % with 1 user, 3.0 % with 6–10 users."},
		{counts4(1, 1000, 6, 1000), counts4(1, 450, 6, 470), "With any number of users: 45.0 % with 1 user, 47.0 % with 6–10 users."},
		{counts4(1, 1000, 3, 1, 6, 1000), counts4(3, 1, 6, 470), "Never with 1 user (0 of 1 000 requests); 47.0 % with 6–10 users."},
		{counts4(1, 100, 500001, 100), counts4(500001, 100), "Never with 1 user (0 of 100 requests); 100 % with 500 001+ users."},
		{counts4(1, 1000), nil, ""},
		{nil, nil, ""},
		{counts4(-1, 100), counts4(-1, 3), ""},
	} {
		if got := plainSpaces(newLesson(c.requests, c.failures, 5).Text); got != c.want {
			t.Errorf("lesson of %v in %v = %q, want %q", c.failures, c.requests, got, c.want)
		}
	}
}

func TestLevelsThatDifferLeastAreShownTogether(t *testing.T) {
	requests := counts4(1, 100, 2, 100, 3, 100, 6, 100, 11, 100, 21, 100, 51, 100)
	failures := counts4(2, 1, 3, 1, 6, 50, 11, 90, 21, 91, 51, 92)
	word := func(l Lesson) string {
		var parts []string
		for _, b := range l.Bars {
			parts = append(parts, b.Users+": "+b.Share)
		}
		return plainSpaces(strings.Join(parts, ", "))
	}
	for most, want := range map[int]string{
		9: "1: 0, 2: 1.0, 3–5: 1.0, 6–10: 50.0, 11–20: 90.0, 21–50: 91.0, 51–100: 92.0",
		5: "1: 0, 2–5: 1.0, 6–10: 50.0, 11–50: 90.5, 51–100: 92.0",
		4: "1: 0, 2–5: 1.0, 6–10: 50.0, 11–100: 91.0",
		1: "1: 0, 2–100: 54.2",
	} {
		if got := word(newLesson(requests, failures, most)); got != want {
			t.Errorf("%d levels = %s, want %s", most, got, want)
		}
	}
}
