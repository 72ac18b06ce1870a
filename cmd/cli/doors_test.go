package cli

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gregaria/gregaria/server/doors"
)

// execute runs the program in this process and returns its exit status and what it said.
func execute(t *testing.T, stdin string, args ...string) (status int, stdout, stderr string) {
	t.Helper()
	var out, log bytes.Buffer
	status = Run(context.Background(), testSuite, Env{Name: "gregaria", Args: args, Stdin: strings.NewReader(stdin), Stdout: &out, Stderr: &log})
	return status, out.String(), log.String()
}

func TestOthersReachNoPageWithoutALogin(t *testing.T) {
	users := filepath.Join(t.TempDir(), "users")
	for _, host := range []string{"0.0.0.0", "*", "::", "192.0.2.1", "box.test"} {
		status, _, said := execute(t, "", "--web-port", "0", "--web-host", host, "hit")
		if status != 2 || !strings.Contains(said, "--web-host: others reach "+host) {
			t.Errorf("--web-host %s: exit status %d, want 2: %s", host, status, said)
		}
		for _, way := range []string{"--web-login, which prints a link", "--web-login --web-users FILE", "gregaria user add NAME", "--insecure-no-login"} {
			if !strings.Contains(said, way) {
				t.Errorf("--web-host %s is refused without the way out %q: %s", host, way, said)
			}
		}
	}
	for args, want := range map[string]string{
		"--web-users x":                                       "--web-users: needs --web-login",
		"--web-login --insecure-no-login":                     "--insecure-no-login: contradicts",
		"--web-login --web-users " + users:                    "gregaria user add NAME --web-users",
		"--tls-cert x":                                        "--tls-cert: needs --tls-key",
		"--tls-key x":                                         "--tls-key: needs --tls-cert",
		"--tls-cert " + users + " --tls-key " + users:         "--tls-cert, --tls-key: load",
		"--trusted-proxy 10.0.0.0/99":                         "--trusted-proxy: \"10.0.0.0/99\" is no address or network",
		"--auth-proxy-header X-User":                          "--auth-proxy-header: needs --trusted-proxy",
		"--trusted-proxy ::/0 --auth-proxy-header X-User":     "--trusted-proxy: ::/0 is nearly everybody",
		"--trusted-proxy 10.1.1.1 --auth-proxy-header X:User": "--auth-proxy-header: \"X:User\" is no name of a header",
		"--audit-log " + t.TempDir():                          "--audit-log: open",
	} {
		status, _, said := execute(t, "", append(strings.Fields("--web-port 0 "+args), "hit")...)
		if status != 2 || !strings.Contains(said, want) {
			t.Errorf("%s: exit status %d, %q, want 2 and %q", args, status, said, want)
		}
	}
}

func TestUsersAndTokensAreKeptInAFile(t *testing.T) {
	users := filepath.Join(t.TempDir(), "users")
	for _, tt := range []struct {
		args, stdin string
		status      int
		out, err    string
	}{
		{"user list", "", 0, "NAME", "there is no " + users + " yet"},
		{"user add ann", "correct horse\n", 0, "", "added ann, who may operate"},
		{"user add ann --role view", "another horse", 0, "", "changed ann, who may view"},
		{"user add pia --no-password", "", 0, "", "added pia"},
		{"user add bob", "short\n", 2, "", "too short"},
		{"user add bob", "", 2, "", "too short"},
		{"user add bob correct-horse", "correct horse\n", 2, "", "needs the name of a user, and nothing else"},
		{"user add <b>", "correct horse\n", 2, "", "is no name"},
		{"user add bob --role admin", "correct horse\n", 2, "", "--role: \"admin\" is no role — write view or operate"},
		{"user list", "", 0, "ann   view     password", ""},
		{"user list", "", 0, "pia   operate  proxy", ""},
		{"user remove bob", "", 2, "", `there is no user "bob"`},
		{"user remove pia", "", 0, "", ""},
		{"user", "", 2, "", "needs add, remove or list"},
		{"token add ci --scope operate --expires 90d", "", 0, "grg_", "shown once"},
		{"token add ci --scope view", "", 2, "", "there is a token"},
		{"token add x", "", 2, "", "--scope"},
		{"token add x --scope view --expires soon", "", 2, "", "write for example 90d"},
		{"token list", "", 0, "ci    operate  grg_", ""},
		{"token remove ci", "", 0, "", ""},
		{"token remove ci", "", 2, "", `there is no token "ci"`},
	} {
		status, out, err := execute(t, tt.stdin, append(strings.Fields(tt.args), "--web-users", users)...)
		if status != tt.status || !strings.Contains(out, tt.out) || !strings.Contains(err, tt.err) {
			t.Errorf("%s = %d, %q, %q, want %d, %q and %q", tt.args, status, out, err, tt.status, tt.out, tt.err)
		}
	}
	for _, args := range []string{"user list", "user add ann --no-password", "user remove ann", "token list", "token add ci --scope view", "token remove ci"} {
		dir := filepath.Dir(users)
		if status, out, err := execute(t, "", append(strings.Fields(args), "--web-users", dir)...); status != 2 || out != "" || !strings.Contains(err, "--web-users: ") || !strings.Contains(err, "name a file") {
			t.Errorf("%s with a folder as the file = %d, %q, %q, want 2 and the way out", args, status, out, err)
		}
	}
	b, err := doors.ReadBook(users)
	if err != nil || len(b.Users) != 1 || b.Users[0].Role != doors.View || !strings.HasPrefix(b.Users[0].Password, "$argon2id$") || len(b.Tokens) != 0 {
		t.Errorf("in the end the file holds %+v, %v", b, err)
	}
	if err := os.WriteFile(users, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if status, _, said := execute(t, "correct horse", "user", "add", "ann", "--web-users", users); status != 2 || !strings.Contains(said, "no file of users") {
		t.Errorf("what is no file of users is overwritten: %d, %s", status, said)
	}
}

// What the program reads is what its commands edit, wherever that is said.
func TestTheFileOfUsersIsThatOfTheEnvironment(t *testing.T) {
	dir := t.TempDir()
	for _, variable := range []string{"GREGARIA_WEB_USERS", "LOCUST_WEB_USERS"} {
		path := filepath.Join(dir, variable)
		run := func(args ...string) (status int, stdout string) {
			var out, log bytes.Buffer
			status = Run(context.Background(), testSuite, Env{Name: "gregaria", Args: args, Stdout: &out, Stderr: &log,
				Lookup: func(name string) (string, bool) { return path, name == variable }})
			return status, out.String() + log.String()
		}
		if status, said := run("token", "add", "ci", "--scope", "view"); status != 0 {
			t.Errorf("%s: token add = %d, %s", variable, status, said)
		}
		if b, err := doors.ReadBook(path); err != nil || len(b.Tokens) != 1 {
			t.Errorf("%s: the file has %d tokens, %v, want the one that was added", variable, len(b.Tokens), err)
		}
		if status, said := run("token", "list", "--web-users", path+"-other"); status != 0 || strings.Contains(said, "ci") {
			t.Errorf("%s: what is given on the command line does not come first: %d, %s", variable, status, said)
		}
	}
}

func TestALinkToLogInByIsPrintedAndNeverLogged(t *testing.T) {
	dir := t.TempDir()
	cert, key := selfSigned(t, dir)
	c := launch(t, nil, "-P", "0", "--web-host", "0.0.0.0", "--web-login", "--tls-cert", cert, "--tls-key", key, "--audit-log", filepath.Join(dir, "audit"), "hit")
	link := c.out.find(t, `(https://localhost:\d+)/login\?token=(\S+)\n`)
	page, token := link[1], link[2]
	c.err.find(t, `page is at `+page+`\n`)
	client := &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	login := func() *http.Response {
		t.Helper()
		resp, err := client.PostForm(page+"/login", url.Values{"token": {token}})
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp
	}
	first := login()
	if first.StatusCode != 200 || len(first.Cookies()) != 1 || !strings.HasPrefix(first.Cookies()[0].Name, "__Host-gregaria-") {
		t.Fatalf("login by the link = %d with %v", first.StatusCode, first.Cookies())
	}
	if again := login(); again.StatusCode != 401 {
		t.Errorf("login by the link once more = %d, want 401", again.StatusCode)
	}
	c.out.find(t, `(?s)token=.*token=`) // the next one
	r, _ := http.NewRequest("GET", page+"/logs", nil)
	r.AddCookie(first.Cookies()[0])
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	lines, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	if err != nil || resp.StatusCode != 200 || !strings.Contains(string(lines), "audit: login who=operator") || strings.Contains(string(lines), "token=") || strings.Contains(c.err.String(), token) {
		t.Errorf("the log, which all readers see, is %d, %s", resp.StatusCode, lines)
	}
	if said := c.err.String(); strings.Contains(said, "in clear") {
		t.Errorf("by TLS nothing travels in clear:\n%s", said)
	}
	c.signal(t, syscall.SIGTERM)
	c.exits(t, 0)
}

func TestWhatIsNotSafeIsSaid(t *testing.T) {
	for args, want := range map[string]string{
		"--web-host 0.0.0.0 --insecure-no-login":                    "the page has no login: whoever can reach it",
		"--web-host 0.0.0.0 --web-login":                            "travel in clear",
		"--web-host 0.0.0.0 --web-login --trusted-proxy 192.0.2.1":  "",
		"--trusted-proxy 127.0.0.1":                                 "whomever the proxy lets through",
		"--allowed-host load.example":                               "whomever the proxy lets through",
		"--web-login":                                               "",
		"--web-host 127.0.0.1 --insecure-no-login":                  "",
		"--trusted-proxy 127.0.0.1 --auth-proxy-header X-User -P 0": "",
	} {
		c := launch(t, nil, append(strings.Fields("-P 0 "+args), "hit")...)
		c.err.find(t, `page is at \S+\n`)
		c.signal(t, syscall.SIGTERM)
		c.exits(t, 0)
		if said := c.err.String(); want == "" && strings.Contains(said, "WARNING") || !strings.Contains(said, want) || strings.Count(said, "WARNING") > 1 {
			t.Errorf("%s says\n%swant %q as its only warning", args, said, want)
		}
	}
}

// selfSigned writes a certificate for this machine, and its key.
func selfSigned(t *testing.T, dir string) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert"), filepath.Join(dir, "key")
	for path, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}
