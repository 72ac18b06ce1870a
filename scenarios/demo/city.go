package demo

import (
	"net/http"
	"sync"
)

// maxCities is how many cities are kept, of all users together; the oldest is
// dropped to make room. At 5,000 new cities a second one stays for 20 seconds,
// and is read back within milliseconds.
const maxCities = 100_000

const (
	maxCityName = 200 // bytes
	maxListed   = 100 // cities in one list
)

// A city is what users add and read back.
type city struct {
	ID   id     `json:"id"`
	Name string `json:"name"`

	owner  id
	before uint64 // number of the owner's city before this one; 0 for the first
}

// cities are the cities of all users, by id and by owner.
type cities struct {
	mu     sync.Mutex
	byID   recent[id, city]
	newest map[id]uint64 // number of an owner's newest city
}

func newCities(limit int) cities {
	return cities{byID: newRecent[id, city](limit), newest: map[id]uint64{}}
}

func (s *cities) add(owner id, name string) city {
	made := city{ID: newID(), Name: name, owner: owner}
	s.mu.Lock()
	defer s.mu.Unlock()
	made.before = s.newest[owner]
	number, dropped, full := s.byID.put(made.ID, made)
	s.newest[owner] = number
	if full && s.newest[dropped.owner] == number-s.byID.limit {
		delete(s.newest, dropped.owner) // it was the owner's last
	}
	return made
}

// find returns a city if it is the owner's.
func (s *cities) find(owner, cityID id) (city, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.byID.get(cityID)
	if !ok || found.owner != owner {
		return city{}, false
	}
	return found, true
}

// list returns at most limit of the owner's cities, newest first.
func (s *cities) list(owner id, limit int) []city {
	s.mu.Lock()
	defer s.mu.Unlock()
	listed := []city{} // an empty list is [] in JSON, not null
	number := s.newest[owner]
	for len(listed) < limit {
		next, ok := s.byID.at(number)
		if !ok { // older ones are gone as well
			break
		}
		listed = append(listed, next)
		number = next.before
	}
	return listed
}

// added returns how many cities were ever added.
func (s *cities) added() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.byID.count
}

// createCity answers POST /api/v1/cities.
func (a *api) createCity(w http.ResponseWriter, r *http.Request) {
	var in struct {
		Name string `json:"name"`
	}
	if !readJSON(w, r, &in) {
		return
	}
	var wrong problems
	wrong.checkLength("name", in.Name, maxCityName)
	if wrong.refuse(w) {
		return
	}
	a.query()
	replyData(w, http.StatusCreated, a.cities.add(a.access.current(r), in.Name))
}

// readCity answers GET /api/v1/cities/{id}. Somebody else's city is not found.
func (a *api) readCity(w http.ResponseWriter, r *http.Request) {
	cityID, ok := parseID(r.PathValue("id"))
	if !ok {
		refuse(w, http.StatusNotFound, "city not found")
		return
	}
	a.query()
	found, ok := a.cities.find(a.access.current(r), cityID)
	if !ok {
		refuse(w, http.StatusNotFound, "city not found")
		return
	}
	replyData(w, http.StatusOK, found)
}

// listCities answers GET /api/v1/cities.
func (a *api) listCities(w http.ResponseWriter, r *http.Request) {
	a.query()
	replyData(w, http.StatusOK, a.cities.list(a.access.current(r), maxListed))
}
