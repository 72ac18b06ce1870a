package wire

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

func policy(t testing.TB, texts ...string) Policy {
	t.Helper()
	p, err := ParsePolicy(texts)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPolicyJudgesTheAddressAndTheNameAskedFor(t *testing.T) {
	tests := []struct {
		allow string // in words; "" for the zero Policy
		name  string // asked for
		addr  string // dialled
		port  uint16
		want  bool
	}{
		{"", "shop.test", "10.0.0.7", 80, true},
		{"", "127.0.0.1", "127.0.0.1", 8020, true},
		{"", "[::1]", "::1", 80, true},
		{"", "169.254.169.254", "169.254.169.254", 80, false},
		{"", "shop.test", "169.254.169.254", 80, false},
		{"", "shop.test", "169.254.170.2", 443, false},
		{"", "shop.test", "fe80::1", 80, false},
		{"", "fe80::1%eth0", "fe80::1%eth0", 80, false},
		{"", "shop.test", "fd00:ec2::254", 80, false},
		{"", "shop.test", "fd20:ce::254", 80, false},
		{"", "shop.test", "100.100.100.200", 80, false},
		{"", "shop.test", "100.100.100.201", 80, true},
		{"", "shop.test", "::ffff:169.254.169.254", 80, false},
		{"", "shop.test", "::169.254.169.254", 80, false},
		{"", "shop.test", "64:ff9b::169.254.169.254", 80, false},
		{"", "shop.test", "2002:a9fe:a9fe::1", 80, false},
		{"", "shop.test", "64:ff9b:1::169.254.169.254", 80, false},
		{"", "shop.test", "64:ff9b:1:2::169.254.169.254", 80, false},
		{"", "shop.test", "::ffff:0:169.254.169.254", 80, false},
		{"", "shop.test", "64:ff9b::10.0.0.7", 80, true},
		{"", "shop.test", "2001:0:1::5601:5601", 80, false}, // Teredo has it inverted
		{"", "shop.test", "2001:0:1::5601:5602", 80, false},
		{"", "shop.test", "2001:db8::5efe:169.254.169.254", 80, false},
		{"", "shop.test", "2001:db8::200:5efe:169.254.169.254", 80, false},
		{"", "shop.test", "2001:db8::5eff:169.254.169.254", 80, true},
		{"", "shop.test", "64:ff9b:1::10.0.0.7", 80, true},
		{"", "metadata.google.internal", "10.0.0.7", 80, false},
		{"", "METADATA.google.internal.", "10.0.0.7", 80, false},

		{"shop.test", "shop.test", "10.0.0.7", 80, true},
		{"shop.test", "SHOP.test.", "10.0.0.7", 80, true},
		{"shop.test", "eshop.test", "10.0.0.7", 80, false},
		{"shop.test", "shop.test.evil", "10.0.0.7", 80, false},
		{"shop.test", "10.0.0.7", "10.0.0.7", 80, false},
		{"shop.test", "shop.test", "169.254.169.254", 80, false},
		{"shop.test:8080", "shop.test", "10.0.0.7", 8080, true},
		{"shop.test:8080", "shop.test", "10.0.0.7", 80, false},
		{"*.shop.test", "a.b.shop.test", "10.0.0.7", 80, true},
		{"*.shop.test", "shop.test", "10.0.0.7", 80, false},
		{"*.shop.test", "eshop.test", "10.0.0.7", 80, false},
		{"*", "shop.test", "10.0.0.7", 80, true},
		{"*", "shop.test", "169.254.169.254", 80, false},
		{"* 169.254.169.254", "shop.test", "169.254.169.254", 80, true},
		{"*:443", "shop.test", "10.0.0.7", 80, false},

		{"10.0.0.7", "shop.test", "10.0.0.7", 80, true},
		{"10.0.0.7", "shop.test", "10.0.0.8", 80, false},
		{"10.0.0.7", "shop.test", "::ffff:10.0.0.7", 80, true},
		{"::ffff:10.0.0.7", "shop.test", "10.0.0.7", 80, true},
		{"10.0.0.0/8:80", "shop.test", "10.255.0.7", 80, true},
		{"10.0.0.0/8:80", "shop.test", "10.255.0.7", 81, false},
		{"10.0.0.0/8", "shop.test", "11.0.0.1", 80, false},
		{"127.0.0.0/8", "0.0.0.0", "0.0.0.0", 80, true}, // which is this machine
		{"10.0.0.0/8", "::", "::", 80, false},
		{"[fd00::1]:443", "fd00::1", "fd00::1", 443, true},
		{"fd00::1", "fd00::1", "fd00::1", 443, true},
		{"[fd00::/16]:443", "shop.test", "fd00::9", 443, true},
		{"fd00::/16", "shop.test", "fd00:ec2::254", 443, false},
		{"0.0.0.0/0", "shop.test", "169.254.169.254", 80, false},
		{"169.254.0.0/16", "shop.test", "169.254.169.254", 80, false}, // not one by one
		{"169.254.169.254", "shop.test", "169.254.169.254", 80, true},
		{"169.254.169.254", "shop.test", "169.254.169.253", 80, false},
		{"169.254.169.254:81", "shop.test", "169.254.169.254", 80, false},
		{"metadata.google.internal", "metadata.google.internal", "169.254.169.254", 80, true},
		{"metadata.google.internal", "shop.test", "169.254.169.254", 80, false},
		{"fe80::1", "fe80::1%eth0", "fe80::1%eth0", 80, true},
		{"shop.test 10.0.0.0/8", "other.test", "10.1.1.1", 80, true},
	}
	for _, tt := range tests {
		p := policy(t, strings.Fields(tt.allow)...)
		err := p.refusal(tt.name, netip.MustParseAddr(tt.addr), tt.port)
		if (err == nil) != tt.want {
			t.Errorf("Policy{%s}: %s at %s, port %d: %v, want allowed %v", tt.allow, tt.name, tt.addr, tt.port, err, tt.want)
		}
		if err != nil && (classOf(err) != load.Forbidden || !strings.Contains(err.Error(), "--allow-target")) {
			t.Errorf("Policy{%s}: %v, want class %q and the flag", tt.allow, err, load.Forbidden)
		}
	}
}

func TestPolicyJudgesNamesThatAProxyLooksUp(t *testing.T) {
	tests := []struct {
		allow, name string
		want        bool
	}{
		{"", "shop.test", true},
		{"", "metadata.google.internal.", false},
		{"", "169.254.169.254", false},
		{"", "169.254.169.254.", false},
		{"", "2852039166", false},
		{"", "0xa9fea9fe", false},
		{"", "169.254.43518", false},
		{"", "0251.0376.0251.0376", false},
		{"", "10.0.0.7", true},
		{"", "v2.test", true},
		{"shop.test", "shop.test", true},
		{"shop.test", "other.test", false},
		{"10.0.0.0/8", "shop.test", false},
		{"10.0.0.0/8", "10.0.0.7", true},
		{"*", "2852039166", false},
	}
	for _, tt := range tests {
		if err := policy(t, strings.Fields(tt.allow)...).refusalUnseen(tt.name, 80); (err == nil) != tt.want {
			t.Errorf("Policy{%s}: %s by a proxy: %v, want allowed %v", tt.allow, tt.name, err, tt.want)
		}
	}
}

func TestPolicyIsToldBeforeAnythingIsLookedUp(t *testing.T) {
	tests := []struct {
		allow, origin string
		want          bool
	}{
		{"", "http://shop.test", true},
		{"", "http://169.254.169.254", false},
		{"", "http://metadata.google.internal", false},
		{"shop.test", "https://shop.test:8443", true},
		{"shop.test:443", "https://shop.test", true},
		{"shop.test:443", "http://shop.test", false},
		{"shop.test", "http://other.test", false},
		{"shop.test", "http://10.0.0.7", false},
		{"10.0.0.0/8", "http://shop.test", true}, // it may be there
		{"10.0.0.0/8:443", "http://shop.test", false},
		{"10.0.0.0/8", "http://10.0.0.7", true},
		{"10.0.0.0/8", "http://[::1]", false},
		{"shop.test", "nonsense", true}, // which is said elsewhere
	}
	for _, tt := range tests {
		if err := policy(t, strings.Fields(tt.allow)...).Check(tt.origin); (err == nil) != tt.want {
			t.Errorf("Policy{%s}.Check(%q): %v, want allowed %v", tt.allow, tt.origin, err, tt.want)
		}
	}
}

func TestPolicyIsWrittenAsHostsAddressesAndNetworks(t *testing.T) {
	for _, text := range []string{
		"", " ", "http://shop.test", "shop.test/path", "shop.test:", "shop.test:0", "shop.test:65536", "shop.test:http",
		"10.0.0.0/33", "10.0.0", "256.0.0.1", "2852039166", "*.", "*.*", "a*.test", "shop test", "[fd00::1", "user@shop.test",
		"::ffff:10.0.0.0/104", ":80", "[]:80", "*shop.test", "fe80::1%eth0", "fe80::1%eth0/64", "shop.test:80:80",
	} {
		if p, err := ParsePolicy([]string{text}); err == nil {
			t.Errorf("ParsePolicy(%q) = %v, want a mistake", text, p)
		} else if !strings.Contains(err.Error(), "write for example") {
			t.Errorf("ParsePolicy(%q): %v, want what to write", text, err)
		}
	}
	p := policy(t, "Shop.test", "10.1.2.3/8:80", "*.example.com")
	if got, want := p.String(), "shop.test, 10.1.2.3/8:80, *.example.com"; got != want {
		t.Errorf("String() = %q, want %q", got, want)
	}
}

func FuzzParsePolicy(f *testing.F) {
	for _, s := range []string{"shop.test", "10.0.0.0/8:80", "[fd00::1]:443", "*.a.b", "*", "fe80::1%eth0", "::/0"} {
		f.Add(s, "shop.test")
	}
	f.Fuzz(func(t *testing.T, text, name string) {
		p, err := ParsePolicy([]string{text})
		if err != nil {
			return
		}
		if len(p.rules) != 1 {
			t.Fatalf("ParsePolicy(%q) has %d rules, want 1", text, len(p.rules))
		}
		secret := netip.MustParseAddr("169.254.169.254")
		r := p.rules[0]
		if p.refusal(name, secret, 80) == nil && r.prefix != netip.PrefixFrom(secret, 32) && !guardedNames[r.name] {
			t.Errorf("Policy{%s} allows %s for %q", text, secret, name)
		}
	})
}

// What users ask for stays away from what they may not reach, whoever leads them there.
func TestForbiddenAddressesAreNeverDialled(t *testing.T) {
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if to := r.URL.Query().Get("to"); to != "" {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		io.WriteString(w, "ok")
	}))
	defer srv.Close()
	here := srv.Listener.Addr().String()
	_, port, _ := net.SplitHostPort(here)
	tests := []struct {
		name   string
		allow  string
		origin string
		target string
		addrs  []string // of target.test
		dials  string   // the only one; "" for none
		class  load.Class
	}{
		{"by default what is not guarded", "", "http://" + here, "/", nil, here, ""},
		{"a guarded address", "", "http://169.254.169.254", "/", nil, "", load.Forbidden},
		{"the same in IPv6's clothes", "", "http://[::ffff:169.254.169.254]", "/", nil, "", load.Forbidden},
		{"a name for it", "", "http://target.test", "/", []string{"169.254.169.254"}, "", load.Forbidden},
		{"a redirect to it", "", "http://" + here, "/?to=http://169.254.169.254/latest/meta-data/", nil, here, load.Forbidden},
		{"a redirect to a name for it", "", "http://" + here, "/?to=http://target.test/", []string{"169.254.169.254"}, here, load.Forbidden},
		{"what is listed", here, "http://" + here, "/", nil, here, ""},
		{"what is not listed", "10.0.0.0/8", "http://" + here, "/", nil, "", load.Forbidden},
		{"a redirect to what is not listed", here, "http://" + here, "/?to=http://127.0.0.2:" + port + "/", nil, here, load.Forbidden},
		{"a name that is listed", "target.test", "http://target.test:" + port, "/", []string{"127.0.0.1"}, here, ""},
		{"a name whose address is listed", "127.0.0.0/8", "http://target.test:" + port, "/", []string{"127.0.0.1"}, here, ""},
		{"only those of its addresses", "127.0.0.0/8", "http://target.test:" + port, "/", []string{"169.254.169.254", "127.0.0.1"}, here, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			names := &nameserver{say: func(int) ([]string, byte) { return tt.addrs, 0 }}
			opts := Options{Policy: policy(t, strings.Fields(tt.allow)...), Resolver: names.listen(t)}
			for _, k := range transports {
				t.Run(k.name, func(t *testing.T) {
					d := NewDialer(opts)
					got := dialled(d)
					tr := k.make(d)
					defer tr.Close()
					_, err := send(tr, load.Request{Method: "GET", Origin: tt.origin, Target: tt.target})
					if classOf(err) != tt.class {
						t.Errorf("Send: %v, want class %q", err, tt.class)
					}
					if all := strings.Join(*got, " "); all != tt.dials {
						t.Errorf("dialled %q, want %q", all, tt.dials)
					}
					if err != nil && (!strings.Contains(err.Error(), "--allow-target") || !strings.HasPrefix(err.Error(), "refused by policy: ")) {
						t.Errorf("Send: %v, want the flag", err)
					}
				})
			}
		})
	}
}

// A name that has another address each time it is asked for gets nobody anywhere: what
// is dialled is what was judged.
func TestANameThatChangesItsAddressIsJudgedAtEachDial(t *testing.T) {
	names := &nameserver{say: func(nth int) ([]string, byte) {
		return []string{[]string{"127.0.0.1", "169.254.169.254"}[nth%2]}, 0
	}}
	opts := Options{Resolver: names.resolver()}
	handle := func(p pipe) { p.request(); p.say(okAndClose) }
	eachPiped(t, opts, handle, func(t *testing.T, d *Dialer, tr load.Transport) {
		got := dialled(d)
		refusals := 0
		for range 10 {
			if _, err := get(tr, "http://target.test"); err != nil {
				wantClass(t, err, load.Forbidden)
				refusals++
			}
			time.Sleep(2 * keepName)
		}
		for _, addr := range *got {
			if addr != "127.0.0.1:80" {
				t.Errorf("dialled %s", addr)
			}
		}
		if refusals == 0 || len(*got) == 0 {
			t.Errorf("%d refused, %d dialled: want some of both", refusals, len(*got))
		}
	})
}

// A user that is refused must not ask as fast as it can.
func TestRefusalsDoNotComeInAStorm(t *testing.T) {
	eachPiped(t, Options{}, func(pipe) {}, func(t *testing.T, d *Dialer, tr load.Transport) {
		begin := time.Now()
		for range 11 {
			_, err := get(tr, "http://169.254.169.254")
			wantClass(t, err, load.Forbidden)
		}
		if took := time.Since(begin); took != 10*tryAgain {
			t.Errorf("11 refusals took %v, want %v", took, 10*tryAgain)
		}
	})
}

func TestAProxyIsAskedForNothingForbidden(t *testing.T) {
	tests := []struct {
		allow, origin, alias string
		want                 bool
	}{
		{"", "http://target.test", "", true},
		{"", "http://169.254.169.254", "", false},
		{"", "http://2852039166", "", false},
		{"", "http://metadata.google.internal", "", false},
		{"", "https://169.254.169.254", "", false},
		{"", "http://target.test", "169.254.169.254", false},
		{"PROXY target.test", "http://target.test", "", true},
		{"PROXY other.test", "http://target.test", "", false},
		{"PROXY target.test", "http://target.test", "other.test", false},
		{"target.test", "http://target.test", "", false}, // the proxy is dialled
	}
	for _, tt := range tests {
		t.Run(fmt.Sprint(tt), func(t *testing.T) {
			p := new(proxy)
			u := p.start(t, "http")
			allow := strings.Fields(strings.Replace(tt.allow, "PROXY", strings.TrimPrefix(u, "http://"), 1))
			each(t, Options{Proxy: u, Policy: policy(t, allow...)}, func(t *testing.T, tr load.Transport) {
				req := load.Request{Method: "GET", Origin: tt.origin, Target: "/"}
				if tt.alias != "" {
					req.SetHeader("Host", tt.alias)
				}
				_, err := send(tr, req)
				if (err == nil) != tt.want {
					t.Errorf("Send: %v, want allowed %v", err, tt.want)
				}
				if err != nil {
					wantClass(t, err, load.Forbidden)
				}
				if asked := p.took(); (asked != "") != tt.want {
					t.Errorf("the proxy was asked %q, want allowed %v", asked, tt.want)
				}
			})
		})
	}
}
