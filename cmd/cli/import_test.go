package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// begin runs the program with some standard input, and returns its exit status and what
// it printed.
func begin(t *testing.T, stdin string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = Run(context.Background(), testSuite, Env{
		Name: "gregaria", Args: args, Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &errs,
	})
	return code, out.String(), errs.String()
}

const aCommand = "curl -u ann:s3cret -k http://shop.test/orders/4711"

func TestImportWritesTwoFilesAndSaysWhatIsNext(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "load", "My-Tests")
	code, out, errs := begin(t, aCommand, "import", "curl", "-", "-o", dir, "--name", "Order 66")
	if code != exitOK {
		t.Fatalf("import curl: exit status %d\n%s%s", code, out, errs)
	}
	for _, want := range []string{"Wrote ", "order66.go", "order66_test.go", "load.Suite", "GREGARIA_ORDER_66_PASSWORD"} {
		if !strings.Contains(out, want) {
			t.Errorf("import curl says %q, want %q in it", out, want)
		}
	}
	if want := "gregaria: note: the command accepts any certificate: run with --insecure\n"; errs != want {
		t.Errorf("import curl says %q on stderr, want %q", errs, want)
	}
	text, err := os.ReadFile(filepath.Join(dir, "order66.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"package mytests\n", `load.Name("/orders/{id}")`, "order66Password"} {
		if !strings.Contains(string(text), want) {
			t.Errorf("the scenario lacks %q:\n%s", want, text)
		}
	}
}

func TestImportOverwritesOnlyByForce(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "shop.go")
	if err := os.WriteFile(path, []byte("package mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errs := begin(t, aCommand, "import", "curl", "-", "-o", path)
	if code != exitUsage || !strings.Contains(errs, "--force") {
		t.Errorf("import curl onto a file: exit status %d, %q; want %d and --force in it", code, errs, exitUsage)
	}
	if text, err := os.ReadFile(path); err != nil || string(text) != "package mine\n" {
		t.Errorf("the file was touched: %q, %v", text, err)
	}
	if code, _, errs = begin(t, aCommand, "import", "curl", "-", "-o", path, "--force"); code != exitOK {
		t.Errorf("import curl --force: exit status %d, %q", code, errs)
	}
	if text, err := os.ReadFile(path); err != nil || !strings.Contains(string(text), "package mine\n\nimport") {
		t.Errorf("import curl --force: the scenario is not of the package that was there: %q, %v", text, err)
	}
}

func TestImportPrintsTheScenarioAlone(t *testing.T) {
	code, out, errs := begin(t, "curl http://shop.test/", "import", "curl", "-", "-o", "-")
	if code != exitOK || errs != "" || !strings.HasPrefix(out, "// The scenario traffic was made of curl commands.") {
		t.Errorf("import curl -o -: exit status %d, %q on stderr, and\n%s", code, errs, out)
	}
}

func TestImportLooksAtThePackageItWritesInto(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "mine.go"), []byte("package mine\n\nvar shop, load = 1, 2\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := begin(t, aCommand, "import", "curl", "-", "-o", dir, "--name", "shop")
	if code != exitOK || !strings.Contains(out, "put shop2 into") {
		t.Errorf("import curl beside a variable shop: exit status %d, %q, %q; want shop2", code, out, errs)
	}
	code, _, errs = begin(t, aCommand, "import", "curl", "-", "-o", dir, "--package", "yours", "--force")
	if code != exitUsage || !strings.Contains(errs, "holds package mine") {
		t.Errorf("import curl --package yours into mine: exit status %d, %q; want %d and its name", code, errs, exitUsage)
	}
}

func TestImportAndInitRefuse(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"import", "har"}, "needs one file"},
		{[]string{"import", "har", "nowhere.har"}, "nowhere.har"},
		{[]string{"import", "har", "-"}, "-: not a HAR file: line 1"},
		{[]string{"import", "curl", "-", "-o", "x_test.go"}, "--output: x_test.go would be a test"},
		{[]string{"import", "curl", "-", "--package", "a b"}, "--package:"},
		{[]string{"init", "a", "b"}, "\"b\" is too much"},
		{[]string{"init", "--source", "/", "x"}, "--source: / is no clone"},
	} {
		if code, _, errs := begin(t, aCommand, tt.args...); code != exitUsage || !strings.Contains(errs, tt.want) {
			t.Errorf("%v: exit status %d, %q; want %d and %q in it", tt.args, code, errs, exitUsage, tt.want)
		}
	}
}
