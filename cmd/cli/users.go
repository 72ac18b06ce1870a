package cli

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/gregaria/gregaria/server/doors"
)

// userCommand edits who may log in.
func (p *program) userCommand() *cobra.Command {
	c := &cobra.Command{Use: "user", Short: "Say who may log in to the page", Args: takes(0), RunE: needsSubcommand}
	file := p.usersFile(c)
	role, proxied := new(string), new(bool)
	add := &cobra.Command{
		Use: "add NAME", Args: exactlyOne("the name of a user"), ValidArgsFunction: p.ofBook(file, userNames),
		Short: "add a user, or give one another password or role",
		Long: "Add a user, or give one another password or role. The password is asked for twice, or read\n" +
			"from the first line of the input when that is no terminal. A running program sees it at once.",
		RunE: func(_ *cobra.Command, args []string) error { return p.addUser(file(), args[0], *role, *proxied) },
	}
	add.Flags().StringVar(role, "role", string(doors.Operate), "what they may do, `ROLE`: view or operate")
	add.Flags().BoolVar(proxied, "no-password", false, "for somebody whom a proxy lets in: see --auth-proxy-header")
	c.AddCommand(add, &cobra.Command{
		Use: "remove NAME", Short: "remove a user and end their sessions", Args: exactlyOne("the name of a user"),
		ValidArgsFunction: p.ofBook(file, userNames),
		RunE: func(_ *cobra.Command, args []string) error {
			return editUsers(file(), func(b *doors.Book) error {
				if !b.RemoveUser(args[0]) {
					return fmt.Errorf("there is no user %q in %s", args[0], file())
				}
				return nil
			})
		},
	}, &cobra.Command{
		Use: "list", Short: "list the users", Args: takes(0),
		RunE: func(*cobra.Command, []string) error {
			b, err := p.readUsers(file())
			if err != nil {
				return err
			}
			return p.table("NAME\tROLE\tLOGS IN BY", len(b.Users), func(i int) string {
				way := "password"
				if b.Users[i].Password == "" {
					way = "proxy"
				}
				return b.Users[i].Name + "\t" + string(b.Users[i].Role) + "\t" + way
			})
		},
	})
	return c
}

// tokenCommand edits which programs may come in.
func (p *program) tokenCommand() *cobra.Command {
	c := &cobra.Command{Use: "token", Short: "Let programs use the API", Args: takes(0), RunE: needsSubcommand}
	file := p.usersFile(c)
	scope, expires := new(string), new(string)
	add := &cobra.Command{
		Use: "add NAME", Args: exactlyOne("the name of a token"), ValidArgsFunction: cobra.NoFileCompletions,
		Short: "make a token and print it, once",
		Long:  "Make a token and print it, once: only its hash is kept. Programs send it as\n\n  Authorization: Bearer TOKEN",
		RunE:  func(_ *cobra.Command, args []string) error { return p.addToken(file(), args[0], *scope, *expires) },
	}
	add.Flags().StringVar(scope, "scope", "", "what it allows, `SCOPE`: view or operate")
	add.Flags().StringVar(expires, "expires", "", "after this `TIME`: 90d, 12h; never by default")
	c.AddCommand(add, &cobra.Command{
		Use: "remove NAME", Short: "remove a token", Args: exactlyOne("the name of a token"),
		ValidArgsFunction: p.ofBook(file, tokenNames),
		RunE: func(_ *cobra.Command, args []string) error {
			return editUsers(file(), func(b *doors.Book) error {
				if !b.RemoveToken(args[0]) {
					return fmt.Errorf("there is no token %q in %s", args[0], file())
				}
				return nil
			})
		},
	}, &cobra.Command{
		Use: "list", Short: "list the tokens", Args: takes(0),
		RunE: func(*cobra.Command, []string) error {
			b, err := p.readUsers(file())
			if err != nil {
				return err
			}
			return p.table("NAME\tSCOPE\tBEGINS WITH\tEXPIRES", len(b.Tokens), func(i int) string {
				t, when := b.Tokens[i], "never"
				if !t.Expires.IsZero() {
					when = t.Expires.Local().Format(time.DateTime)
					if time.Now().After(t.Expires) {
						when += ", expired"
					}
				}
				return t.Name + "\t" + string(t.Scope) + "\t" + t.Prefix + "\t" + when
			})
		},
	})
	return c
}

// ofBook completes the first word after a command with names from the file of users.
func (p *program) ofBook(file func() string, names func(doors.Book) []string) cobra.CompletionFunc {
	return func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		b, err := doors.ReadBook(file())
		if err != nil || len(args) > 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return names(b), cobra.ShellCompDirectiveNoFileComp
	}
}

func userNames(b doors.Book) (names []string) {
	for _, u := range b.Users {
		names = append(names, u.Name)
	}
	return names
}

func tokenNames(b doors.Book) (names []string) {
	for _, t := range b.Tokens {
		names = append(names, t.Name)
	}
	return names
}

func needsSubcommand(c *cobra.Command, _ []string) error {
	return fmt.Errorf("%s: needs add, remove or list — %s --help says more", c.Name(), c.CommandPath())
}

func exactlyOne(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("%s %s: needs %s, and nothing else", c.Parent().Name(), c.Name(), what)
		}
		return nil
	}
}

// usersFile gives a command the flag of the file of users, and returns what that is: where
// the program itself would look, by its environment and config file, unless it is given.
func (p *program) usersFile(c *cobra.Command) func() string {
	given := c.PersistentFlags().String("web-users", "", "`FILE` of users and tokens (default "+defaultUsers+")")
	return func() string {
		if *given != "" {
			return *given
		}
		_, _ = p.flags.read(nil, p.Env) // what else is wrong there is nothing to this
		return cmp.Or(p.flags.last("web-users"), defaultUsers)
	}
}

// readUsers reads a book for a list, in which one that is not there is empty.
func (p *program) readUsers(path string) (doors.Book, error) {
	b, err := doors.ReadBook(path)
	if errors.Is(err, fs.ErrNotExist) {
		fmt.Fprintf(p.Stderr, "%s: there is no %s yet: user add and token add make it\n", p.Name, path)
		return b, nil
	}
	return b, unusable(err)
}

// editUsers changes the file of users.
func editUsers(path string, edit func(*doors.Book) error) error {
	return unusable(doors.EditBook(path, edit))
}

// unusable says what to do about a file of users that cannot be read or written.
func unusable(err error) error {
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return fmt.Errorf("--web-users: %w — name a file in a folder that you may write to", err)
	}
	return err
}

func (p *program) table(head string, n int, row func(int) string) error {
	w := tabwriter.NewWriter(p.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, head)
	for i := range n {
		fmt.Fprintln(w, row(i))
	}
	return w.Flush()
}

func (p *program) addUser(file, name, role string, proxied bool) error {
	r, err := doors.ParseRole(role)
	if err != nil {
		err = fmt.Errorf("--role: %w", err)
	}
	if err := errors.Join(doors.CheckName(name), err); err != nil {
		return err
	}
	u := doors.User{Name: name, Role: r}
	if !proxied {
		password, err := p.newPassword()
		if err == nil {
			err = doors.CheckPassword(password)
		}
		if err != nil {
			return err
		}
		u.Password = doors.Hash(password)
	}
	done := "added"
	if err := editUsers(file, func(b *doors.Book) error {
		if b.SetUser(u) {
			done = "changed"
		}
		return nil
	}); err != nil {
		return err
	}
	fmt.Fprintf(p.Stderr, "%s: %s %s, who may %s, in %s\n", p.Name, done, name, r, file)
	return nil
}

func (p *program) addToken(file, name, scope, expires string) error {
	s, err := doors.ParseRole(scope)
	switch {
	case scope == "":
		err = errors.New("--scope: is needed — write --scope view, or --scope operate")
	case err != nil:
		err = fmt.Errorf("--scope: %w", err)
	}
	until, untilErr := parseExpiry(expires)
	if err := errors.Join(doors.CheckName(name), err, untilErr); err != nil {
		return err
	}
	text := ""
	if err := editUsers(file, func(b *doors.Book) (err error) {
		text, err = b.AddToken(name, s, until)
		return err
	}); err != nil {
		return err
	}
	fmt.Fprintf(p.Stderr, "%s: this is shown once; send it as Authorization: Bearer …\n", p.Name)
	_, err = fmt.Fprintln(p.Stdout, text)
	return err
}

// parseExpiry reads after which time a token shall end: 90d, 12h; "" is never.
func parseExpiry(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	var days int
	d, err := time.ParseDuration(text)
	if n, scanErr := fmt.Sscanf(text, "%dd", &days); n == 1 && scanErr == nil && fmt.Sprintf("%dd", days) == text && days < 36500 {
		d, err = time.Duration(days)*24*time.Hour, nil
	}
	if err != nil || d <= 0 {
		return time.Time{}, fmt.Errorf("--expires: %q is no time from now — write for example 90d or 12h", text)
	}
	return time.Now().Add(d).Truncate(time.Second), nil
}

// newPassword asks for a password twice, without showing it; from what is no terminal it
// takes the first line.
func (p *program) newPassword() (string, error) {
	f, ok := p.Stdin.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		line, err := bufio.NewReader(io.LimitReader(p.Stdin, 1<<16)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("read the password: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	var typed [2]string
	for i, prompt := range []string{"Password: ", "Once more: "} {
		fmt.Fprint(p.Stderr, prompt)
		b, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(p.Stderr)
		if err != nil {
			return "", fmt.Errorf("read the password: %w", err)
		}
		typed[i] = string(b)
	}
	if typed[0] != typed[1] {
		return "", errors.New("the passwords differ: nothing was changed")
	}
	return typed[0], nil
}
