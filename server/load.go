package server

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/web"
)

// plan answers with a drawing of the load that a form asks for, while it is filled
// in. What cannot be read yet is no error of the request.
func (s *Server) plan(w http.ResponseWriter, r *http.Request) {
	if len(r.URL.RawQuery) > maxQuery {
		writeProblem(w, r, http.StatusRequestURITooLong, "this is too long to be a plan")
		return
	}
	form := r.URL.Query()
	id := "start"
	if form.Get("form") == "edit" {
		id = "edit"
	}
	s.writeHTML(r.Context(), w, http.StatusOK, web.Preview(id, s.preview(form)))
}

// preview draws the load that a form asks for.
func (s *Server) preview(form url.Values) web.Plan {
	var cfg engine.Config
	mistakes := map[engine.Field]string{}
	errs := readLoad(&cfg, form)
	if text := form.Get(web.FieldRunTime); text != "" {
		var err error
		cfg.RunTime, err = engine.ParseRunTime(text)
		errs = append(errs, err)
	}
	for _, err := range errs {
		for _, fe := range engine.FieldErrors(err) {
			mistakes[fe.Field] = fe.Message
		}
	}
	from := 0.0
	if status := s.engine.Status(); status.State.Active() {
		from = status.Target
	}
	return web.NewPreview(cfg, from, mistakes)
}

// readLoad sets how much load a form asks for, and returns all that cannot be read.
// Load is said in one of three ways, of which a shape and stages come before numbers;
// the numbers of the other model are not looked at, since the page sends them too.
// What the form does not say in its way stays as it is in cfg, all else is cleared.
func readLoad(cfg *engine.Config, form url.Values) (errs []error) {
	given := *cfg
	var err error
	if cfg.Model, err = modelOf(form, given.Model); err != nil {
		errs = append(errs, err)
	}
	cfg.Users, cfg.SpawnRate, cfg.Rate, cfg.Stages, cfg.Shape = 0, 0, 0, nil, ""
	cfg.UserCap, cfg.Poisson = 0, false
	open := cfg.Model == engine.Open
	if open {
		cfg.UserCap, cfg.Poisson = given.UserCap, given.Poisson
		errs = append(errs, read(form, web.FieldUserCap, engine.ParseUserCap, &cfg.UserCap))
		if list := form[web.FieldArrivals]; len(list) > 0 {
			cfg.Poisson = list[len(list)-1] == web.ArrivePoisson // the box comes after the hidden input for none
		}
	}
	numbers := form.Has(web.FieldUsers) || form.Has(web.FieldSpawnRate) || form.Has(web.FieldRate)
	if !numbers || form.Has(web.FieldStages) || form.Has(web.FieldShape) {
		cfg.Stages, cfg.Shape = given.Stages, given.Shape
		errs = append(errs, read(form, web.FieldStages, engine.ParseStages, &cfg.Stages))
		if form.Has(web.FieldShape) {
			cfg.Shape = strings.TrimSpace(form.Get(web.FieldShape))
		}
	}
	switch {
	case cfg.Shape != "", len(cfg.Stages) > 0, strings.TrimSpace(form.Get(web.FieldStages)) != "":
	case open:
		cfg.Rate = given.Rate
		errs = append(errs, read(form, web.FieldRate, engine.ParseRate, &cfg.Rate))
	default:
		cfg.Users, cfg.SpawnRate = given.Users, given.SpawnRate
		errs = append(errs, read(form, web.FieldUsers, engine.ParseUsers, &cfg.Users),
			read(form, web.FieldSpawnRate, engine.ParseSpawnRate, &cfg.SpawnRate))
	}
	return errs
}

// read sets what a field of a form holds, if the form has it.
func read[T any](form url.Values, field string, parse func(string) (T, error), to *T) (err error) {
	if form.Has(field) {
		*to, err = parse(form.Get(field))
	}
	return err
}

// modelOf returns the model that a form asks for: the one it names, else that of the
// number it gives.
func modelOf(form url.Values, given engine.Model) (engine.Model, error) {
	switch {
	case form.Get(web.FieldModel) != "":
		return engine.ParseModel(form.Get(web.FieldModel))
	case form.Has(web.FieldUsers):
		return engine.Closed, nil
	case form.Has(web.FieldRate):
		return engine.Open, nil
	}
	return given, nil
}

// saysLoad reports whether a form says how much load there shall be, be it by naming
// the model, whose numbers have defaults.
func saysLoad(form url.Values) bool {
	for _, field := range []string{web.FieldUsers, web.FieldSpawnRate, web.FieldRate, web.FieldStages, web.FieldShape, web.FieldModel} {
		if form.Has(field) {
			return true
		}
	}
	return false
}
