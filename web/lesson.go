package web

import (
	"strconv"

	"github.com/gregaria/gregaria/engine/stats"
)

// A Lesson is how a kind of failure depends on how many users there are at once: what
// one user never meets, a crowd may.
type Lesson struct {
	Text string // the lesson in a sentence
	Bars []Bar
}

// A Bar is the share of requests that failed with some number of users.
type Bar struct {
	Users, Share  string
	Phrase        string // 1 user, 3–5 users
	Title         string // the counts
	Length        string // from 0 to 100
	None, Unknown bool   // no failure; hardly a request either
}

// A level is what happened with from First to Last users.
type level struct {
	first, last        int
	requests, failures int64
}

func (l level) share() float64 {
	if l.requests == 0 {
		return 0
	}
	return min(1, float64(l.failures)/float64(l.requests))
}

// enough is how many requests a share needs to be spoken of, and how many failures
// there should have been before their absence says anything.
const (
	enough   = 10
	expected = 3
)

// levels are the classes of users in which there were requests.
func levels(requests, failures stats.Counts) []level {
	var list []level
	for _, c := range requests {
		if c.Of != stats.Uncounted {
			list = append(list, level{c.Of, stats.CrowdEnd(c.Of), c.N, failures.Of(c.Of)})
		}
	}
	return list
}

// fewer joins neighbours that differ least until there are at most so many. The first is
// left alone: it is what the others are compared with.
func fewer(list []level, most int) []level {
	list = append([]level(nil), list...)
	for len(list) > max(2, most) {
		at := 1
		apart := func(i int) float64 {
			d := list[i+1].share() - list[i].share()
			return max(d, -d)
		}
		for i := 1; i+1 < len(list); i++ {
			if apart(i) < apart(at) {
				at = i
			}
		}
		list[at].last = list[at+1].last
		list[at].requests += list[at+1].requests
		list[at].failures += list[at+1].failures
		list = append(list[:at+1], list[at+2:]...)
	}
	return list
}

// newLesson words the failures of a row by number of users. Of no requests there is
// nothing to learn.
func newLesson(requests, failures stats.Counts, most int) Lesson {
	all := levels(requests, failures)
	l := Lesson{Text: lessonText(all)}
	for _, x := range fewer(all, most) {
		l.Bars = append(l.Bars, Bar{
			Users: usersText(x), Phrase: usersPhrase(x), Share: percent(x.share()), Length: strconv.FormatFloat(100*x.share(), 'f', 1, 64),
			Title: count(x.failures) + " of " + plural(x.requests, "request", "requests"),
			None:  x.failures == 0, Unknown: x.requests < enough,
		})
	}
	return l
}

// lessonText says the lesson: with how many users it never happens, and with how many it
// does most.
func lessonText(list []level) string {
	var worst level
	for _, x := range list {
		sure, was := x.requests >= enough, worst.requests >= enough
		if x.failures > 0 && (sure && !was || sure == was && x.share() > worst.share()) {
			worst = x
		}
	}
	if worst.failures == 0 {
		return ""
	}
	at := func(x level) string { return percent(x.share()) + thin + "% with " + usersPhrase(x) }
	before := list[0] // with no failure, all levels up to the first that has one
	for _, x := range list[1:] {
		if before.failures > 0 || x.failures > 0 {
			break
		}
		before.last, before.requests = x.last, before.requests+x.requests
	}
	first, last := list[0], list[len(list)-1]
	switch {
	case before.failures == 0 && float64(before.requests)*worst.share() >= expected:
		return "Never with " + upTo(before) + " (0 of " + plural(before.requests, "request", "requests") + "); " + at(worst) + "."
	case before.failures == 0:
		return "Not yet with " + upTo(before) + ", in " + plural(before.requests, "request", "requests") + " only; " + at(worst) + "."
	case len(list) == 1 && last.last <= 1:
		return at(first) + " already: it takes no crowd."
	case len(list) == 1:
		return at(first) + ". Whether fewer meet it too, only a run with fewer tells."
	case worst.share() > 1.5*first.share():
		return "More with more users: " + at(first) + ", " + at(worst) + "."
	case worst.share() > 1.5*last.share():
		return "Less with more users: " + at(worst) + ", " + at(last) + "."
	}
	return "With any number of users: " + at(first) + ", " + at(last) + "."
}

// usersText words a level's numbers of users: 1, 3–5.
func usersText(l level) string {
	switch {
	case l.first == l.last:
		return count(int64(l.first))
	case l.last > 1e9:
		return count(int64(l.first)) + "+"
	}
	return count(int64(l.first)) + "–" + count(int64(l.last))
}

func usersPhrase(l level) string {
	if l.first == 1 && l.last == 1 {
		return "1 user"
	}
	return usersText(l) + " users"
}

// upTo words a level that begins with the fewest users there were.
func upTo(l level) string {
	if l.first == l.last || l.first > 1 {
		return usersPhrase(l)
	}
	return "up to " + count(int64(l.last)) + " users"
}
