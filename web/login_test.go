package web

import "testing"

func TestGoldenLogins(t *testing.T) {
	asset := func(name string) string { return "static/" + name }
	for name, l := range map[string]Login{
		"login":       {Passwords: true, Next: "/?tab=charts"},
		"login-wrong": {Passwords: true, Name: hostile[0], Problem: "The name or the password is wrong."},
		"login-link":  {Link: "s3cret"},
		"login-again": {Again: true},
	} {
		l.Root, l.Asset = "./", asset
		compareGolden(t, name, render(t, LoginPage(l)))
	}
}
