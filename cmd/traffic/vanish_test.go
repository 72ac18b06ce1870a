package traffic

import (
	"strings"
	"testing"

	"github.com/gregaria/gregaria/cmd/modtest"
)

// usersAPI has a thing without an id, and ids that only a Location says.
const usersAPI = `
openapi: 3.0.0
info: {title: users, version: "1"}
servers: [{url: "http://h.test"}]
paths:
  /users:
    post:
      responses: {"201": {description: made, headers: {location: {schema: {type: string}}}}}
  /users/{id}:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {responses: {"200": {description: one}}}
    delete: {responses: {"204": {description: gone}}}
  /users/{id}/avatar:
    parameters: [{name: id, in: path, required: true, schema: {type: integer}}]
    get: {responses: {"200": {description: one}}}
    put: {responses: {"204": {description: set}}}
    delete: {responses: {"204": {description: gone}}}
  /cart:
    delete: {responses: {default: {description: gone}}}
`

func TestWhatMayBeGoneMayBeMissing(t *testing.T) {
	t.Parallel()
	got, err := OpenAPI([]byte(usersAPI), Options{Name: "users", Package: "own"})
	if err != nil {
		t.Fatal(err)
	}
	parses(t, got)
	code := string(got.Scenario)
	flat := strings.NewReplacer("\n\t\tload.Name", " load.Name", ",\n\t).", ").").Replace(code) // on one line each
	for _, want := range []string{
		`u.Delete("/users/"+url.PathEscape(v.userID)+"/avatar", load.Name("/users/{id}/avatar")).Expect(http.StatusNoContent, http.StatusNotFound)`,
		`u.Get("/users/"+url.PathEscape(v.userID)+"/avatar", load.Name("/users/{id}/avatar")).Expect(http.StatusOK, http.StatusNotFound)`,
		`u.Put("/users/"+url.PathEscape(v.userID)+"/avatar", load.Name("/users/{id}/avatar")).Expect(http.StatusNoContent)`,
		`u.Delete("/cart").Expect(http.StatusOK, http.StatusAccepted, http.StatusNoContent, http.StatusNotFound)`,
		`u.Delete("/users/"+url.PathEscape(v.userID), load.Name("/users/{id}")).Expect(http.StatusNoContent)`,
		"// It may have been deleted, and then there is none.",
		"v.userID = path.Base(location)",
	} {
		if !strings.Contains(flat, want) {
			t.Errorf("%s is missing in\n%s", want, code)
		}
	}
	dir := modtest.New(t, "own")
	modtest.Write(t, dir, "users.go", code)
	modtest.Write(t, dir, "users_test.go", string(got.Test))
	modtest.Go(t, dir, "test", ".")
}
