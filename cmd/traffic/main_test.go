package traffic

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// TestMain keeps the settings of whoever runs the tests from the programs they build.
func TestMain(m *testing.M) {
	home, err := os.MkdirTemp("", "gregaria-home-")
	if err != nil {
		panic(err)
	}
	names := []string{"GOCACHE", "GOMODCACHE", "GOPATH", "GOENV"} // which are in the owner's home
	out, err := exec.Command("go", append([]string{"env"}, names...)...).Output()
	if err != nil {
		panic(err)
	}
	for i, value := range strings.Split(strings.TrimRight(string(out), "\n"), "\n") {
		os.Setenv(names[i], value)
	}
	for _, setting := range os.Environ() {
		if name, _, _ := strings.Cut(setting, "="); strings.HasPrefix(name, "GREGARIA_") || strings.HasPrefix(name, "LOCUST_") {
			os.Unsetenv(name)
		}
	}
	os.Setenv("HOME", home)
	code := m.Run()
	os.RemoveAll(home)
	os.Exit(code)
}
