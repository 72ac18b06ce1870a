package web

// A Login is the page to log in at.
type Login struct {
	Root      string // which leads to the site
	Asset     func(string) string
	Next      string // where to go then, from the root of the site
	Link      string // the secret of the link that was followed; "" for none
	Passwords bool   // there are users, who have some
	Name      string // that was typed
	Problem   string // why the last attempt failed

	// Again has the browser ask once more by itself: after a link on another site it has
	// kept the session's cookie back.
	Again bool
}
