package traffic

import (
	"strings"
	"testing"

	"github.com/gregaria/gregaria/cmd/modtest"
)

func TestSecretsAreKnownByTheirForm(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"eyJhbGciOiJub25lIn0.eyJzdWIiOiI0MiJ9.c2lnbmF0dXJl": true,
		"sk_live_4eC39HqLyjWDarjtT1zdp7dc":                  true,
		"ghp_16C7e42F292c6912E7710c838347Ae178B4a":          true,
		"AKIAIOSFODNN7EXAMPLE":                              true,
		"q8Zt3LmX0vB7nKc5RwYh2JdE":                          true,
		"Zm9v/YmFy+3Q1c2k9MTIzNDU2Nzg5MA==":                 true,
		"3fa85f64-5717-4562-b3fc-2c963f66afa6":              false, // an id
		"9e107d9d372bb6826bd81d3542a419d6":                  false, // a sum
		"2026-01-31T12:00:00.000Z":                          false,
		"iphone-15-pro-max-256gb-blue-2024":                 false,
		"getUserProfileWithOrders2":                         false,
		"application/vnd.api+json; v=2":                     false,
		"the quick brown fox jumps over 12 dogs":            false,
		"/api/v1/Orders/4711/Lines/0815/X1":                 false,
	} {
		if got := secretValue(text); got != want {
			t.Errorf("secretValue(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestSecretsAreFoundInTexts(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		`<login><password>hunter2</password></login>`:         `<login><password>_</password></login>`,
		`a=1&my_token=abcd&b=2`:                               `a=1&my_token=_&b=2`,
		`{\"password\":\"hunter2\",\"n\":1}`:                  `{\"password\":\"_\",\"n\":1}`,
		`{"api_key": "k 1", "token": null}`:                   `{"api_key": "_", "token": null}`,
		`mutation($password: String!) { login(token: "ab") }`: `mutation($password: String!) { login(token: "_") }`,
		"Authorization: Basic YW5uOnMzY3JldDk5":               "Authorization: Basic _",
		"https://x.test/cb?session_id=q1w2#e":                 "https://x.test/cb?session_id=_#e",
		"seen q8Zt3LmX0vB7nKc5RwYh2JdE, twice":                "seen _, twice",
	} {
		var got strings.Builder
		at := 0
		for _, s := range hidden(text, true) {
			got.WriteString(text[at:s.from] + "_")
			at = s.to
		}
		got.WriteString(text[at:])
		if got.String() != strings.ReplaceAll(want, "#e", "") && got.String() != want {
			t.Errorf("hidden(%q) leaves %q, want %q", text, got.String(), want)
		}
	}
}

// TestSecretsInOddPlacesAreParameters records secrets where their names do not tell.
func TestSecretsInOddPlacesAreParameters(t *testing.T) {
	t.Parallel()
	const jwt, made, cookie = "eyJhbGciOiJub25lIn0.eyJzdWIiOiI0MiJ9.c2ln", "q8Zt3LmX0vB7nKc5RwYh2JdE", "pick-77a1b2"
	data := archive(t,
		visit{method: "GET", path: "/", kind: "document", answered: []harField{{"Set-Cookie", "lang=en"}, {"Set-Cookie", "choice=" + cookie + "; Path=/"}}},
		visit{method: "POST", path: "/rpc?x=" + made, body: "<call><pwd>hunter2</pwd><auth>" + jwt + "</auth></call>", mimeType: "text/xml"},
		visit{method: "POST", path: "/log", body: `{"line":"GET /x?token=t0k3n99","harmless":"` + made + `","pick":"` + cookie + `","when":"2026-01-31T12:00:00.000Z"}`},
		visit{method: "GET", path: "/reset/a1b2c3d4e5f6a7b8c9d0", header: []harField{{"X-Client", made}}},
		visit{method: "POST", path: "/later", body: "again hunter2 and " + made, mimeType: "application/octet-stream"},
		visit{method: "GET", path: "/from", status: 302, answered: []harField{{"Location", "http://app.test/to?code=" + made}}},
		visit{method: "GET", path: "/to?code=" + made},
	)
	got, err := HAR(data, Options{Name: "app", Package: "own"})
	if err != nil {
		t.Fatal(err)
	}
	parses(t, got)
	all := string(got.Scenario) + string(got.Test) + strings.Join(got.Notes, "\n")
	for _, secret := range []string{"hunter2", jwt, made, cookie, "t0k3n99", "a1b2c3d4e5f6a7b8c9d0"} {
		if strings.Contains(all, secret) {
			t.Errorf("the secret %s is written:\n%s", secret, all)
		}
	}
	for _, want := range []string{"2026-01-31T12:00:00.000Z", `"<call><pwd>"+`, "looks like a secret: --app-", "/rpc is of no known form"} {
		if !strings.Contains(all, want) {
			t.Errorf("%s is missing in\n%s", want, all)
		}
	}
	dir := modtest.New(t, "own")
	modtest.Write(t, dir, "app.go", string(got.Scenario))
	modtest.Write(t, dir, "app_test.go", string(got.Test))
	modtest.Go(t, dir, "test", ".")
}
