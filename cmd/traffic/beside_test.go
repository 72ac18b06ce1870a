package traffic

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/cmd/modtest"
)

// TestNamesAreFree writes scenarios into a package that has their names, and those of what
// they import, in use already.
func TestNamesAreFree(t *testing.T) {
	t.Parallel()
	dir := modtest.New(t, "own")
	modtest.Write(t, dir, "mine.go", `package own

import (
	shopPassword2 "strings"
	"fmt"
)

// What shop.go would declare, or import.
type shopUser struct{}

const shopPassword, url = "", "http://x.test"

var shop, _, http = fmt.Sprint(shopPassword2.ToUpper("a")), 1, 2

func load(json, html string) string { return shop + url }
`)
	modtest.Write(t, dir, "mine_test.go", `package own

import "testing"

func TestShop2(t *testing.T) { load("", "") }
`)
	modtest.Write(t, dir, "outside_test.go", `package own_test

import "testing"

func TestShop3(t *testing.T) {}
`)
	modtest.Write(t, dir, "broken.go.txt", "package")
	place := Place{Dir: dir}
	for _, tt := range []struct {
		name, file string
		make       func([]byte, Options) (*Result, error)
		variable   string
	}{
		{"shop", "shop.har", HAR, "shop3"},
		{"2nd", "demo.har", HAR, "s2nd"},
		{"break", "browser.curl.sh", Curl, "break2"},
		{"nil", "keeper.yaml", OpenAPI, "nil2"},
		{"fmt", "petstore.json", OpenAPI, "fmt2"},
	} {
		for range 2 { // it does not stand in its own way
			got, err := tt.make(read(t, tt.file), Options{Name: tt.name, Package: place.Package(), Beside: place.Beside(tt.name)})
			if err != nil {
				t.Fatalf("%s: %v", tt.name, err)
			}
			if got.Variable != tt.variable {
				t.Errorf("%s: the scenario is in %s, want %s", tt.name, got.Variable, tt.variable)
			}
			if _, err := place.Write(got, true); err != nil {
				t.Fatal(err)
			}
		}
	}
	modtest.Go(t, dir, "vet", ".")
	modtest.Go(t, dir, "test", ".")
}

// A package in which Go's own words mean something else gets no scenario.
func TestGoHasToMeanGo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "odd.go"), []byte("package odd\n\ntype error struct{}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := HAR(read(t, "shop.har"), Options{Name: "shop", Beside: Place{Dir: dir}.Beside("shop")})
	if err == nil || !strings.Contains(err.Error(), "declares error") || !strings.Contains(err.Error(), "--output") {
		t.Errorf("beside a type error: %v, want an error that names it and the way out", err)
	}
}
