package web

// A Rebuild is what there is to say of a program that is built anew whenever its files
// change. The zero Rebuild says nothing.
type Rebuild struct {
	Title string // what is the matter: "The latest change does not build"
	Text  string // what the compiler or the program said, in lines
	Waits bool   // nothing is wrong: it is built, and waits
}

// rebuild returns what there is to say, worded for the page.
func (s Site) rebuild() Rebuild {
	if s.Rebuild == nil {
		return Rebuild{}
	}
	return s.Rebuild().worded()
}

func (r Rebuild) worded() Rebuild {
	r.Title, r.Text = line(r.Title), clip(lines(r.Text), 20_000)
	return r
}
