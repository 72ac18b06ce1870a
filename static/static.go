// Package static holds what the page loads besides its HTML: style, script,
// icon, and the vendored libraries listed in vendor/README.md. Everything is
// embedded in the program.
package static

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
)

// FS holds the files by the names that Path takes.
//
//go:embed *.js app.css favicon.svg vendor
var FS embed.FS

// versions has a short hash of each file's content, by name; build has one of
// all of them.
var versions, build = hashes()

// Path returns the URL of the named file, relative to where the site begins: a proxy may
// have put that anywhere. The URL changes with the file's
// content, so that browsers may keep what it leads to forever. It panics when
// there is no such file: names are literals.
func Path(name string) string {
	v, ok := versions[name]
	if !ok {
		panic("static: there is no file " + name)
	}
	return "static/" + name + "?v=" + v
}

// Build identifies the content of all files together: a page whose build is
// another than the server's is out of date.
func Build() string { return build }

func hashes() (versions map[string]string, build string) {
	versions = map[string]string{}
	all := sha256.New()
	err := fs.WalkDir(FS, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := FS.ReadFile(name)
		if err != nil {
			return err
		}
		sum := sha256.Sum256(content)
		versions[name] = short(sum[:])
		fmt.Fprintln(all, name, versions[name])
		return nil
	})
	if err != nil {
		panic("static: " + err.Error()) // the files are part of the program
	}
	return versions, short(all.Sum(nil))
}

func short(sum []byte) string { return hex.EncodeToString(sum[:6]) }
