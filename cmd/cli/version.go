package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// module is where this package comes from, whatever program it is part of.
const module = "github.com/gregaria/gregaria"

// A build says what was built.
type build struct {
	version string // of gregaria, without the v: 1.2.3; "devel" when not known
	commit  string // of the program; "" when not known
}

func (b build) String() string {
	text := fmt.Sprintf("%s (%s %s/%s", b.version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	if b.commit != "" {
		text += ", commit " + b.commit
	}
	return text + ")"
}

func thisBuild() build {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return build{version: "devel"}
	}
	return buildOf(info)
}

func buildOf(info *debug.BuildInfo) build {
	b := build{version: info.Main.Version}
	for _, dep := range info.Deps {
		if dep.Path == module {
			b.version = dep.Version
		}
	}
	b.version = strings.TrimPrefix(b.version, "v")
	if b.version == "" || b.version == "(devel)" {
		b.version = "devel"
	}
	dirty := false
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.commit = s.Value[:min(12, len(s.Value))]
		case "vcs.modified":
			dirty = s.Value == "true"
		}
	}
	if dirty && b.commit != "" {
		b.commit += " and changes"
	}
	return b
}
