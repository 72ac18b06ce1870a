package scenarios

import (
	"net/http"
	"net/url"

	"github.com/gregaria/gregaria/engine/load"
)

// A citizen registers and logs in, then adds cities and reads each one back.
type citizen struct{}

type city struct {
	ID   string `json:"id,omitempty"`
	Name string `json:"name"`
}

// A cityAnswer is what the API answers about one city.
type cityAnswer struct {
	Data *city `json:"data"`
}

var cities = load.Scenario[citizen]{
	Name:    "cities",
	Help:    "each user adds cities and reads back its own",
	Host:    "http://127.0.0.1:8020",
	OnStart: (*citizen).signIn,
	Tasks:   []load.Task[citizen]{{Run: (*citizen).writeReadCheck}},
}

func (c *citizen) signIn(u *load.User) error {
	email, password := u.Unique("e")+"@my-local-test.test", "abcdefghi"
	account := map[string]string{"email": email, "password": password}
	if err := u.Post("/api/v1/auth/register", load.JSON(account)).Expect(http.StatusCreated).Err(); err != nil {
		return err
	}
	var session struct {
		AccessToken string `json:"access_token"`
	}
	resp := u.Post("/api/v1/auth/token", load.Form("username", email, "password", password))
	if err := resp.JSON(&session); err != nil {
		return err
	}
	if session.AccessToken == "" {
		return resp.Failf("answer has no access_token")
	}
	u.Header.Set("Authorization", "Bearer "+session.AccessToken)
	return nil
}

func (c *citizen) writeReadCheck(u *load.User) error {
	want := city{Name: u.Unique("c")}
	var made, got cityAnswer
	resp := u.Post("/api/v1/cities", load.JSON(want)).Expect(http.StatusCreated)
	if err := resp.JSON(&made); err != nil {
		return err // already counted as a failure of the POST; this task is over
	}
	if made.Data == nil || made.Data.ID == "" {
		return resp.Failf("answer has no data.id")
	}

	resp = u.Get("/api/v1/cities/"+url.PathEscape(made.Data.ID), load.Name("/api/v1/cities/{id}")).Expect(http.StatusOK)
	if err := resp.JSON(&got); err != nil {
		return err
	}
	if got.Data == nil {
		return resp.Failf("answer has no data")
	}
	if got.Data.Name != want.Name {
		return resp.Failf("city is named %q, want %q", got.Data.Name, want.Name)
	}
	return nil
}
