package demo

import (
	"fmt"
	"slices"
	"testing"
)

func names(listed []city) (names []string) {
	for _, c := range listed {
		names = append(names, c.Name)
	}
	return names
}

func TestOldestCitiesAreDropped(t *testing.T) {
	s := newCities(4)
	ann, bob := newID(), newID()
	first := s.add(ann, "a1")
	s.add(bob, "b1")
	s.add(ann, "a2")
	s.add(ann, "a3")
	if _, ok := s.find(ann, first.ID); !ok {
		t.Error("find(first) with the store just full: not found, want found")
	}
	s.add(bob, "b2") // drops a1
	s.add(bob, "b3") // drops b1
	if _, ok := s.find(ann, first.ID); ok {
		t.Error("find(first) after it was dropped: found, want not found")
	}
	if got, want := names(s.list(ann, 9)), []string{"a3", "a2"}; !slices.Equal(got, want) {
		t.Errorf("list(ann) = %q, want %q", got, want)
	}
	if got, want := names(s.list(bob, 9)), []string{"b3", "b2"}; !slices.Equal(got, want) {
		t.Errorf("list(bob) = %q, want %q", got, want)
	}
	if got, want := names(s.list(bob, 1)), []string{"b3"}; !slices.Equal(got, want) {
		t.Errorf("list(bob, 1) = %q, want %q", got, want)
	}
}

func TestStoreStaysBounded(t *testing.T) {
	const limit = 50
	cities, accounts := newCities(limit), newAccounts(limit)
	for n := range 20 * limit {
		owner := newID()
		made := cities.add(owner, "c")
		if _, ok := cities.find(owner, made.ID); !ok {
			t.Fatalf("find(city %d) just after adding it: not found", n)
		}
		email := fmt.Sprintf("user%d@demo.test", n)
		accounts.add(email, newAccount(email))
		if !accounts.find(email).opensWith(email) {
			t.Fatalf("account %d just after adding it: does not open", n)
		}
	}
	for what, size := range map[string]int{
		"cities":             len(cities.byID.entries),
		"cities by id":       len(cities.byID.number),
		"owners":             len(cities.newest),
		"accounts":           len(accounts.byEmail.entries),
		"accounts by e-mail": len(accounts.byEmail.number),
	} {
		if size != limit {
			t.Errorf("%s after %d: %d kept, want %d", what, 20*limit, size, limit)
		}
	}
}

func TestTokenOutlivesTheAccount(t *testing.T) {
	a := newAPI(Options{})
	a.accounts = newAccounts(1)
	api := a.routes()
	ann := signIn(t, api, "ann@demo.test")
	signIn(t, api, "bob@demo.test") // takes Ann's place
	cityID := ann.addCity(t, "Rome")
	if w := ann.send("GET", "/api/v1/cities/"+cityID, ""); w.Code != 200 {
		t.Errorf("GET city with a token whose account was dropped: status %d, want 200: %s", w.Code, w.Body)
	}
}

func TestTokensOfAnotherProcessAreRefused(t *testing.T) {
	user, ours, theirs := newID(), newSigner(), newSigner()
	if got, ok := ours.verify(ours.sign(user)); !ok || got != user {
		t.Errorf("verify(own token) = %v, %t, want %v, true", got, ok, user)
	}
	for _, token := range []string{"", "x", theirs.sign(user), ours.sign(user)[1:] + "!"} {
		if _, ok := ours.verify(token); ok {
			t.Errorf("verify(%q) = true, want false", token)
		}
	}
}

func TestIDReadsBack(t *testing.T) {
	for range 100 {
		want := newID()
		text, _ := want.MarshalText()
		if got, ok := parseID(string(text)); !ok || got != want || text[14] != '4' {
			t.Errorf("parseID(%s) = %v, %t, want %v, true and version 4", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "rome", "00000000-0000-4000-8000-00000000000g", "00000000_0000-4000-8000-000000000000"} {
		if _, ok := parseID(text); ok {
			t.Errorf("parseID(%q) = true, want false", text)
		}
	}
}
