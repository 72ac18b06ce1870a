package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/gregaria/gregaria/cmd/traffic"
	"github.com/gregaria/gregaria/engine/report"
)

// importCommand makes scenarios of what others have recorded or described.
func (p *program) importCommand() *cobra.Command {
	parent := &cobra.Command{
		Use:   "import",
		Short: "Make a scenario, in Go, of recorded traffic or of an API's description",
		Long: `Make a scenario, in Go, of recorded traffic or of an API's description.

Two files are written, NAME.go and NAME_test.go, to be read and changed like any other
code. The test plays the scenario against the recorded answers, reduced to what is carried.
What could not be understood is said, on stderr and at the top of the file.

Ids in paths share a row (/orders/{id}). A value of an earlier answer, such as a CSRF token
of a page, a bearer token or the id of what was just made, is taken out of that answer and
carried. Pauses become Wait, signing in becomes OnStart; who registers gets a name of its
own. Redirects and cookies are the user's own business. Pictures, styles, scripts, fonts and
other sites are left out, see har --help. What a browser did at the same time is done one
after the other; bodies of no known form stay as they were sent.

OpenAPI is 3.0, 3.1 or Swagger 2.0. Where things can be deleted, a user asks only for what it
made itself, makes one where it has none, and forgets what it deletes.

What is a password, key, token or cookie by its name or its form (a JWT, a key of a known
make, a long run of letters and digits) is not written, also within bodies of no known form:
it is a secret parameter, GREGARIA_SHOP_PASSWORD say. What was only guessed is said. A secret
that looks like a word is not recognised: look before you share the files.

Names that the package has in use, where the files are written, are not taken.`,
		Args: takes(0),
		RunE: func(*cobra.Command, []string) error {
			return errors.New("import: of what? — write import har, curl or openapi, and a file; import --help says more")
		},
	}
	for _, kind := range []struct {
		use, short, example string
		make                func([]byte, traffic.Options) (*traffic.Result, error)
		recorded            bool
	}{
		{"har FILE", "of a HAR file, which browsers save in their network tab", "har shop.har -o scenarios", traffic.HAR, true},
		{"curl FILE", "of curl commands, as browsers copy them", "curl - < commands.txt", traffic.Curl, false},
		{"openapi FILE", "of an OpenAPI file: a task for each operation", "openapi petstore.yaml --name pets", traffic.OpenAPI, false},
	} {
		var o traffic.Options
		var output string
		var force bool
		c := &cobra.Command{
			Use:     kind.use,
			Short:   kind.short,
			Long:    "Make a scenario " + kind.short + ". FILE may be -, for standard input.",
			Example: "  " + p.Name + " import " + kind.example,
			Args:    oneFile,
		}
		c.Flags().StringVarP(&output, "output", "o", ".", "`PLACE`: a directory, or the file of the scenario; - prints it, without its test")
		c.Flags().StringVar(&o.Name, "name", "", "`NAME` of the scenario (default: that of the file)")
		c.Flags().StringVar(&o.Package, "package", "", "`NAME` of the package of the Go files (default: that of the directory)")
		c.Flags().BoolVar(&force, "force", false, "overwrite files")
		if kind.recorded {
			c.Flags().BoolVar(&o.Static, "static", false, "keep pictures, styles, scripts and fonts")
			c.Flags().BoolVar(&o.AllHosts, "all-hosts", false, "keep requests to other sites")
		}
		c.RunE = func(c *cobra.Command, args []string) error {
			return p.importFile(args[0], output, force, o, kind.make)
		}
		parent.AddCommand(c)
	}
	return parent
}

// oneFile wants the name of a file, or - for standard input.
func oneFile(c *cobra.Command, args []string) error {
	if len(args) != 1 {
		return fmt.Errorf("%s: needs one file, or - for standard input — %s --help says more", within(c), c.CommandPath())
	}
	return nil
}

// importFile writes the scenario that is made of a file.
func (p *program) importFile(file, output string, force bool, o traffic.Options, make func([]byte, traffic.Options) (*traffic.Result, error)) error {
	place, err := traffic.PlaceOf(output)
	if err != nil {
		return fmt.Errorf("--output: %w", err)
	}
	switch {
	case o.Package == "" && output == "-":
		o.Package = "scenarios"
	case o.Package == "":
		o.Package = place.Package()
	case traffic.PackageName(o.Package) != o.Package:
		return fmt.Errorf("--package: %q is no name for a package — write for example scenarios", o.Package)
	case output != "-" && place.Holds() != "" && place.Holds() != o.Package:
		return fmt.Errorf("--package: %s holds package %s, and no other beside it — leave the flag away, or choose another --output", place.Dir, place.Holds())
	}
	data, err := p.readFile(file)
	if err != nil {
		return err
	}
	if o.Name == "" {
		o.Name = traffic.NameOf(file)
	}
	if output != "-" {
		o.Beside = place.Beside(o.Name)
	}
	result, err := make(data, o)
	if err != nil {
		var all []error
		for _, e := range each(err) {
			all = append(all, fmt.Errorf("%s: %w", file, e))
		}
		return errors.Join(all...)
	}
	for _, note := range result.Notes {
		fmt.Fprintf(p.Stderr, "%s: note: %s\n", p.Name, report.OneLine(note))
	}
	if output == "-" {
		if len(result.Secrets) > 0 {
			fmt.Fprintf(p.Stderr, "%s: note: secrets are parameters: %s\n", p.Name, strings.Join(result.Secrets, ", "))
		}
		_, err := p.Stdout.Write(result.Scenario)
		return err
	}
	files, err := place.Write(result, force)
	if err != nil {
		return err
	}
	fmt.Fprintf(p.Stdout, "Wrote %s.\nNext: put %s into the list of your load.Suite, and test it with: go test %s\n",
		strings.Join(files, " and "), result.Variable, relative(place.Dir))
	if len(result.Secrets) > 0 {
		fmt.Fprintf(p.Stdout, "Secrets are parameters, not in the files. Before a run set, in the environment or in the form: %s\n"+
			"Look for others, which neither name nor form tell, before you share the files.\n", strings.Join(result.Secrets, ", "))
	}
	return nil
}

// relative returns a directory as go wants it named.
func relative(dir string) string {
	if dir == "." || strings.HasPrefix(dir, "/") || strings.HasPrefix(dir, "./") || strings.HasPrefix(dir, "../") || dir == ".." {
		return dir
	}
	return "./" + dir
}

// readFile reads a file, or standard input where that is named -.
func (p *program) readFile(name string) ([]byte, error) {
	in := io.Reader(p.Stdin)
	if name != "-" {
		file, err := os.Open(name)
		if err != nil {
			return nil, err
		}
		defer file.Close()
		in = file
	}
	data, err := traffic.Read(in)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return data, nil
}
