package traffic

import "time"

// A script is a scenario before it is Go.
type script struct {
	name, pkg string
	beside    Beside
	help      string
	host      string
	origin    string // what was read, in words
	weighted  bool   // methods are tasks by themselves; otherwise steps of one
	start     *method
	stop      *method
	methods   []*method
	header    []setting // of every request
	secrets   []*secret
	carries   []*carried
	fresh     []*fresh
	notes     []string // for the reader of the code
}

// all returns every call in order.
func (s *script) all() (calls []*call) {
	if s.start != nil {
		calls = append(calls, s.start.calls...)
	}
	for _, m := range s.methods {
		calls = append(calls, m.calls...)
	}
	if s.stop != nil {
		calls = append(calls, s.stop.calls...)
	}
	return calls
}

// played returns every call in the order of a user who does each task once.
func (s *script) played() (calls []*call) {
	if !s.weighted {
		return s.all()
	}
	known := map[string]bool{}
	var play func(*method)
	play = func(m *method) {
		for _, n := range m.needs {
			if !known[n.field] {
				play(n.by)
			}
		}
		for _, c := range m.calls {
			calls = append(calls, c)
			for _, k := range c.takes {
				known[k.field] = true
			}
			for _, f := range s.fresh {
				known[f.field] = known[f.field] || f.made == c
			}
			for _, field := range c.ends {
				known[field] = false
			}
		}
	}
	for _, m := range s.methods {
		play(m)
	}
	return calls
}

// A method is what a user does in one go.
type method struct {
	name   string
	doc    string
	calls  []*call
	think  time.Duration // afterwards
	weight int
	tags   []string
	needs  []need // before its calls
}

// A need is a field of the state that must be set, and who sets it.
type need struct {
	field string
	by    *method
	maybe bool // who sets it may find nothing
}

// A call is one request.
type call struct {
	in      *method
	method  string
	page    bool   // a browser's own, not of a script
	host    string // when it is not the scenario's
	path    text
	row     string // "" when that is the path
	query   []setting
	header  []setting
	body    body
	expect  []int
	comment string
	takes   []*carried // out of its answer
	ends    []string   // fields of the state that say nothing any more afterwards
	pause   time.Duration
	answers []answer // that its test gives
}

// A setting is a name with what it is set to.
type setting struct {
	name  string
	value text
}

// A body is one of its fields.
type body struct {
	json  any // of map[string]any, []any, text, json.Number, bool, nil
	form  []setting
	parts []piecePart
	raw   text
	mime  string // of raw, and of json when it is not application/json
	kind  bodyKind
}

type bodyKind int

const (
	noBody bodyKind = iota
	jsonBody
	formBody
	partsBody
	rawBody
)

// A piecePart is one field of a multipart form.
type piecePart struct {
	name, file, mime string
	value            text
}

// A text is made of what was recorded and of what is different each time.
type text []piece

// A piece is one of its fields.
type piece struct {
	lit    string
	secret *secret
	carry  *carried
	fresh  *fresh
}

func plain(s string) text { return text{{lit: s}} }

// fixed reports whether t is the same in every request of a run.
func (t text) fixed() bool {
	for _, p := range t {
		if p.carry != nil || p.fresh != nil {
			return false
		}
	}
	return true
}

// pure returns the text when it is nothing but literal.
func (t text) pure() (string, bool) {
	all := ""
	for _, p := range t {
		if p.secret != nil || p.carry != nil || p.fresh != nil {
			return "", false
		}
		all += p.lit
	}
	return all, true
}

// A secret is a parameter that must not be in the source.
type secret struct {
	value    string // recorded
	param    string // its name
	variable string // in Go
	help     string
	stand    string // what the test gives
	basic    string // user name, when it is the password of basic authentication

	basicPair bool // it is user:password of basic authentication
}

// A fresh value is another for each user, where one can be used only once.
type fresh struct {
	value  string
	prefix string
	suffix string
	field  string
	local  bool  // used nowhere but in the method it is made in
	number bool  // in JSON
	made   *call // before which it is made
}

// A carried value is one from an earlier answer.
type carried struct {
	value    string
	number   bool // in JSON
	key      string
	from     *call
	path     []any  // of keys and indexes, in JSON
	header   string // that has it
	tail     bool   // as the last part of a path
	cookie   string // that has it
	pattern  string // finds it in HTML, where it stands
	before   string // this
	after    string // and this
	field    string // in Go
	local    bool   // used nowhere but in the method it is from
	maybe    bool   // it need not be there
	chosen   *fresh // it is what the request said; nothing is taken out of the answer
	variable string // of the pattern
	stand    string // for it in the test, "" for itself
	uses     []*call
	sticky   string // what stands before it in that field of the user's header

	stickyName string // of the user's header, where it goes with everything; "" when it does not
}
