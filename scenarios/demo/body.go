package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// maxBody is the largest request body read, in bytes.
const maxBody = 16 << 10

// readJSON reads the body into v, whatever its Content-Type says. If it cannot,
// it answers the request and returns false.
func readJSON(w http.ResponseWriter, r *http.Request, v any) bool {
	body, ok := readBody(w, r)
	if !ok {
		return false
	}
	err := json.Unmarshal(body, v)
	if err == nil {
		return true
	}
	var wrong problems
	var mistyped *json.UnmarshalTypeError
	switch {
	case !errors.As(err, &mistyped):
		wrong.add("", "is not valid JSON: "+err.Error())
	case mistyped.Field == "":
		wrong.add("", "must be an object, not "+mistyped.Value)
	default:
		wrong.add(mistyped.Field, fmt.Sprintf("must be a %s, not %s", mistyped.Type, mistyped.Value))
	}
	wrong.refuse(w)
	return false
}

// readForm reads the body as x-www-form-urlencoded, whatever its Content-Type
// says. If it cannot, it answers the request and returns false.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	body, ok := readBody(w, r)
	if !ok {
		return nil, false
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		var wrong problems
		wrong.add("", "is not a valid form: "+err.Error())
		wrong.refuse(w)
		return nil, false
	}
	return form, true
}

func readBody(w http.ResponseWriter, r *http.Request) ([]byte, bool) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var tooLarge *http.MaxBytesError
	switch {
	case err == nil:
		return body, true
	case errors.As(err, &tooLarge):
		refuse(w, http.StatusRequestEntityTooLarge, fmt.Sprintf("body is larger than %d bytes", tooLarge.Limit))
	default:
		refuse(w, http.StatusBadRequest, "body could not be read")
	}
	return nil, false
}

// problems are all that is wrong with a body.
type problems []problem

// A problem is one thing wrong with a body, and where: "body", and the field
// if it is about one.
type problem struct {
	Loc []string `json:"loc"`
	Msg string   `json:"msg"`
}

func (p *problems) add(field, msg string) {
	loc := []string{"body"}
	if field != "" {
		loc = append(loc, field)
	}
	*p = append(*p, problem{loc, msg})
}

func (p *problems) checkLength(field, value string, most int) {
	if value == "" {
		p.add(field, "is required")
	} else if len(value) > most {
		p.add(field, fmt.Sprintf("is longer than %d bytes", most))
	}
}

// refuse answers 422 if there are any problems, and reports whether it did.
func (p problems) refuse(w http.ResponseWriter) bool {
	if len(p) == 0 {
		return false
	}
	refuse(w, http.StatusUnprocessableEntity, p)
	return true
}

// unauthorized answers 401 and says what would be accepted.
func unauthorized(w http.ResponseWriter, detail string) {
	w.Header().Set("WWW-Authenticate", "Bearer")
	refuse(w, http.StatusUnauthorized, detail)
}

// refuse answers with an error: a sentence, or a list of problems.
func refuse(w http.ResponseWriter, status int, detail any) {
	reply(w, status, struct {
		Detail any `json:"detail"`
	}{detail})
}

// replyData answers with what was asked for.
func replyData(w http.ResponseWriter, status int, data any) {
	reply(w, status, struct {
		Data any `json:"data"`
	}{data})
}

func reply(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic(err) // only types of this package come here, and all can be marshalled
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	w.Write(body) // a client that has gone needs no answer
}
