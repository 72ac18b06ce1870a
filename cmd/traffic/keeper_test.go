package traffic

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

// keeper is the API of testdata/keeper.yaml. It notes every request that a user who knows
// what there is would not send: about what is unknown, or making what there is already.
type keeper struct {
	mu     sync.Mutex
	things map[string]bool // by path
	made   int
	wrong  []string
	counts map[string]int // of good requests, by method and kind
}

func (k *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	status, answer := k.answer(r, body)
	if status >= 400 {
		k.wrong = append(k.wrong, fmt.Sprintf("%d for %s %s %s", status, r.Method, r.URL, body))
	}
	parts := strings.Split(r.URL.Path, "/")
	kind := parts[2]
	if len(parts) > 4 {
		kind += "/" + parts[4]
	}
	k.counts[r.Method+" "+kind]++
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	io.WriteString(w, answer)
}

// answer says what is answered. Whoever calls it holds the lock.
func (k *keeper) answer(r *http.Request, body []byte) (status int, answer string) {
	path := r.URL.Path
	var object struct{ ID, Title, Username, Email any }
	json.Unmarshal(body, &object) // what is no JSON is no object
	parts := strings.Split(path, "/")
	above := strings.Join(parts[:len(parts)-1], "/")
	switch {
	case strings.HasPrefix(path, "/api/topics"):
		return topic(path)
	case len(parts)%2 == 0 && k.things[path], // one of a collection
		r.Method == http.MethodPut && parts[2] == "notes":
		switch r.Method {
		case http.MethodGet:
			return http.StatusOK, "{}"
		case http.MethodPut:
			if object.Username != nil && object.Username != parts[len(parts)-1] || object.ID != nil && parts[2] == "shelves" {
				return http.StatusConflict, ""
			}
			if !k.things[path] {
				k.things[path] = true
				return http.StatusCreated, ""
			}
			return map[string]int{"users": http.StatusNoContent, "shelves": http.StatusOK, "notes": http.StatusNoContent}[parts[2]], ""
		case http.MethodDelete:
			for thing := range k.things {
				if thing == path || strings.HasPrefix(thing, path+"/") {
					delete(k.things, thing)
				}
			}
			return http.StatusNoContent, ""
		}
	case len(parts)%2 == 1 && (len(parts) == 3 || k.things[above]): // a collection
		switch r.Method {
		case http.MethodGet:
			list := []string{}
			for thing := range k.things {
				if id, ok := strings.CutPrefix(thing, path+"/"); ok && !strings.Contains(id, "/") && path != "/api/users" {
					list = append(list, fmt.Sprintf(`{"id": %s}`, id))
				}
			}
			return http.StatusOK, "[" + strings.Join(list, ",") + "]"
		case http.MethodPost:
			k.made++
			id := fmt.Sprint(k.made)
			r.Body = io.NopCloser(strings.NewReader(string(body)))
			switch parts[2] {
			case "users":
				if object.Username == nil || object.Email == nil || k.things["email:"+fmt.Sprint(object.Email)] {
					return http.StatusConflict, ""
				}
				k.things["email:"+fmt.Sprint(object.Email)] = true
				id = fmt.Sprint(object.Username)
			case "loans":
				if id = r.FormValue("loanId"); !k.things["/api/shelves/"+r.FormValue("shelfId")] {
					return http.StatusUnprocessableEntity, ""
				}
			case "shelves":
				if object.ID != nil {
					return http.StatusConflict, "" // the target says it
				}
			}
			if id == "" || k.things[path+"/"+id] {
				return http.StatusConflict, ""
			}
			k.things[path+"/"+id] = true
			if len(parts) == 5 {
				id = fmt.Sprintf("%q", id)
			}
			return http.StatusCreated, fmt.Sprintf(`{"id": %s}`, id)
		}
	}
	return http.StatusNotFound, ""
}

// topic is what nobody makes: there are two, and then there are none.
func topic(path string) (status int, answer string) {
	switch path {
	case "/api/topics":
		return http.StatusOK, `{"items": [{"id": 71}, {"id": 72}]}`
	case "/api/topics/71", "/api/topics/72":
		return http.StatusOK, "{}"
	}
	return http.StatusNotFound, ""
}
