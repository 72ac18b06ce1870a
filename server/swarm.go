package server

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/web"
)

var (
	// errForm is a body that is not a form.
	errForm = errors.New("the body is not a form")
	// errOn is a start while somebody else has started a run.
	errOn = errors.New("a run is on already: edit that one, or stop it first")
)

// formFields are the fields of the form, which are Locust's, by the part of a
// Config they set.
var formFields = map[engine.Field]string{
	engine.FieldModel:       web.FieldModel,
	engine.FieldUsers:       web.FieldUsers,
	engine.FieldSpawnRate:   web.FieldSpawnRate,
	engine.FieldRate:        web.FieldRate,
	engine.FieldUserCap:     web.FieldUserCap,
	engine.FieldStages:      web.FieldStages,
	engine.FieldShape:       web.FieldShape,
	engine.FieldIterations:  web.FieldIterations,
	engine.FieldSeed:        web.FieldSeed,
	engine.FieldHost:        web.FieldHost,
	engine.FieldRunTime:     web.FieldRunTime,
	engine.FieldScenarios:   web.FieldScenarios,
	engine.FieldTags:        web.FieldTags,
	engine.FieldExcludeTags: web.FieldExcludeTags,
	engine.FieldChecks:      web.FieldChecks,
	engine.FieldCheckStop:   web.FieldCheckStop,
	engine.FieldCheckWarmup: web.FieldCheckWarmup,
	engine.FieldWeights:     web.FieldWeights,
	engine.FieldOff:         web.FieldTasksOff,
}

// view is what a reader sees of the page now, its forms included.
func (s *Server) view(r *http.Request, q web.Query) web.View {
	site := s.site.For(s.reader(r))
	site.Default = s.standard()
	return web.NewView(s.engine.Status(), q, site)
}

// page is the first paint.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	v := s.view(r, web.ParseQuery(r.URL.Query()))
	s.writeHTML(r.Context(), w, http.StatusOK, web.Page(v))
}

// swarm starts a run, or changes the load of the one that is on.
func (s *Server) swarm(w http.ResponseWriter, r *http.Request) {
	form, err := readForm(r)
	began := false
	if err == nil {
		began, err = s.startOrChange(form)
	}
	if err != nil {
		s.refuse(w, r, form, err)
		return
	}
	cfg := s.engine.Status().Config
	what := deed{event: "edit", config: &cfg}
	if began {
		what.event = "start"
	}
	s.record(r, what)
	if wantsPage(r) {
		redirect(w, r, "", http.StatusSeeOther)
		return
	}
	answer := map[string]any{"success": true, "message": "Load changed", "host": engine.WithoutUser(cfg.Host)}
	if began {
		answer["message"] = "Swarming started"
		if cfg.Shape != "" {
			answer["message"] = fmt.Sprintf("Swarming started using shape class '%s'", cfg.Shape)
		}
	}
	if warnings := s.unknown(form); warnings != nil {
		answer["warnings"] = warnings
	}
	if cfg.RunTime > 0 {
		answer["run_time"] = int(cfg.RunTime.Seconds())
	}
	if len(cfg.Scenarios) > 0 {
		answer["user_classes"] = cfg.Scenarios
	}
	writeJSON(w, http.StatusOK, answer)
}

// A refusal is why a form cannot be followed, with each mistake by its field.
type refusal struct {
	fields  map[string]string
	problem string // what no field is to blame for
	message string // all of it
	stuck   bool   // the same with force=1 would start
}

func newRefusal(err error) refusal {
	r := refusal{fields: map[string]string{}, stuck: errors.Is(err, engine.ErrStuck)}
	var messages []string
	for _, fe := range engine.FieldErrors(err) {
		name, ok := formFields[fe.Field]
		if !ok {
			name = string(fe.Field) // a scenario's parameter
		}
		if r.fields[name] != "" {
			r.fields[name] += "; "
		}
		r.fields[name] += fe.Message
		messages = append(messages, name+": "+fe.Message)
	}
	if len(r.fields) == 0 {
		r.problem = err.Error()
		messages = []string{r.problem}
	}
	r.message = strings.Join(messages, "; ")
	return r
}

// answer is the refusal for programs.
func (r refusal) answer() map[string]any {
	answer := map[string]any{"success": false, "message": r.message}
	if len(r.fields) > 0 {
		answer["errors"] = r.fields
	}
	if r.stuck {
		answer["force"] = true
	}
	return answer
}

// refuse answers a start that cannot be, with what was typed kept.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, form url.Values, err error) {
	why := newRefusal(err)
	if wantsPage(r) {
		v := s.view(r, web.Query{}).Answer(form, web.Refusal{
			Problem: why.problem, Errors: why.fields, Plan: s.preview(form), Stuck: why.stuck,
		})
		s.writeHTML(r.Context(), w, statusOf(err), web.Page(v))
		return
	}
	answer := why.answer()
	if warnings := s.unknown(form); warnings != nil {
		answer["warnings"] = warnings
	}
	writeJSON(w, statusOf(err), answer)
}

// readForm reads a form in either of the encodings that browsers use.
func readForm(r *http.Request) (url.Values, error) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != "application/x-www-form-urlencoded" && kind != "multipart/form-data" {
		return nil, fmt.Errorf("%w: its Content-Type is %q — send application/x-www-form-urlencoded", errForm, kind)
	}
	err := r.ParseForm()
	if err == nil {
		if err = r.ParseMultipartForm(maxBody); errors.Is(err, http.ErrNotMultipart) {
			err = nil
		}
	}
	if err != nil {
		return nil, unread(err, errForm)
	}
	web.Gather(r.PostForm)
	translate(r.PostForm)
	return r.PostForm, nil
}

// unread says why a body could not be read: it was too long or too slow, or is not what it
// has to be.
func unread(err, otherwise error) error {
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return fmt.Errorf("the body is longer than %d bytes: %w", tooLarge.Limit, tooLarge)
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("%w: it has not come in time", otherwise)
	}
	return fmt.Errorf("%w: %v", otherwise, err)
}

// startOrChange does what a form asks for: while a run is on it can only change that
// one, so a form that comes as the run ends does not begin another by mistake.
func (s *Server) startOrChange(form url.Values) (began bool, err error) {
	cfg, change, err := s.asked(form)
	switch {
	case err != nil:
		return false, err
	case change:
		return false, s.engine.Change(cfg)
	}
	return s.engine.Start(cfg)
}

// check says what startOrChange would find wrong with a form, and changes nothing.
func (s *Server) check(w http.ResponseWriter, r *http.Request) {
	form, err := readForm(r)
	if err != nil {
		writeProblem(w, r, statusOf(err), err.Error())
		return
	}
	cfg, change, err := s.asked(form)
	if err == nil && change {
		err = s.engine.CheckChange(cfg)
	} else if err == nil {
		err = s.engine.Check(cfg)
	}
	if err != nil {
		writeJSON(w, http.StatusOK, newRefusal(err).answer())
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"success": true})
}

// asked returns what a form asks for: a run, or a change of the one that is on. The
// error has every mistake that can be seen from here.
func (s *Server) asked(form url.Values) (cfg engine.Config, change bool, err error) {
	status := s.engine.Status()
	change = status.State.Active() && status.State != engine.Stopping
	if change && form.Get(web.FieldStart) != "" {
		return cfg, true, errOn
	}
	if err := unclear(form); err != nil {
		return cfg, change, err
	}
	if !saysLoad(form) && !(change && saysOther(form)) {
		return cfg, change, errors.Join(
			&engine.FieldError{Field: engine.FieldUsers, Message: "is missing — send for example user_count=20"},
			&engine.FieldError{Field: engine.FieldSpawnRate, Message: "is missing — send for example spawn_rate=20"})
	}
	if change {
		now := status.Config
		cfg.Model = now.Model
		if saysLoad(form) {
			cfg.Users, cfg.SpawnRate, cfg.Rate, cfg.UserCap, cfg.Poisson = now.Users, now.SpawnRate, now.Rate, now.UserCap, now.Poisson
			cfg.SpawnRate = cmp.Or(cfg.SpawnRate, s.defaults.SpawnRate) // a run by stages has none
		}
		if saysChecks(form) {
			cfg.Checks, cfg.CheckStop, cfg.CheckWarmup = append(cfg.Checks, now.Checks...), now.CheckStop, now.CheckWarmup
		}
		err := s.fill(&cfg, form)
		cfg.Endless = form.Has(web.FieldRunTime) && cfg.RunTime == 0
		if err != nil {
			err = errors.Join(err, others(err, s.engine.CheckChange(cfg)))
		}
		return cfg, true, err
	}
	cfg = s.standard()
	cfg.Params = maps.Clone(s.defaults.Params)
	err = s.fill(&cfg, form)
	if err != nil {
		err = errors.Join(err, others(err, s.engine.Check(cfg)))
	}
	return cfg, false, err
}

// saysChecks reports whether a form says what the run is held to.
func saysChecks(form url.Values) bool {
	return form.Has(web.FieldChecks) || form.Has(web.FieldCheckStop) || form.Has(web.FieldCheckWarmup)
}

// saysOther reports whether a form that says nothing of the load changes a run all the
// same.
func saysOther(form url.Values) bool {
	return saysChecks(form) || form.Has(web.FieldWeights) || form.Has(web.FieldRunTime)
}

// fill sets what a form holds in cfg, and reports all that cannot be read.
func (s *Server) fill(cfg *engine.Config, form url.Values) error {
	errs := append(readLoad(cfg, form),
		read(form, web.FieldRunTime, engine.ParseRunTime, &cfg.RunTime),
		read(form, web.FieldIterations, engine.ParseIterations, &cfg.Iterations),
		read(form, web.FieldSeed, engine.ParseSeed, &cfg.Seed),
		read(form, web.FieldCheckStop, engine.ParseCheckStop, &cfg.CheckStop),
		read(form, web.FieldCheckWarmup, engine.ParseCheckWarmup, &cfg.CheckWarmup))
	if form.Has(web.FieldChecks) {
		list, err := engine.ParseChecks(strings.Join(form[web.FieldChecks], "\n"))
		cfg.Checks, errs = list, append(errs, err)
	}
	if form.Has(web.FieldWeights) {
		weights, err := engine.ParseWeights(form[web.FieldWeights])
		cfg.Weights, errs = weights, append(errs, err)
	}
	if form.Has(web.FieldTasksOff) {
		cfg.Off = given(form[web.FieldTasksOff])
	}
	if form.Has(web.FieldHost) {
		cfg.Host = s.withUser(strings.TrimSpace(form.Get(web.FieldHost)))
	}
	if form.Has(web.FieldTags) {
		cfg.Tags = words(form.Get(web.FieldTags))
	}
	if form.Has(web.FieldExcludeTags) {
		cfg.ExcludeTags = words(form.Get(web.FieldExcludeTags))
	}
	if form.Has(web.FieldScenarios) { // an empty one says that none is picked, which means all
		cfg.Scenarios = given(form[web.FieldScenarios])
	}
	cfg.Force, _ = strconv.ParseBool(form.Get(web.FieldForce))
	for _, plan := range s.engine.Plans() {
		for _, p := range plan.Params {
			spec := p.Spec()
			if !form.Has(spec.Name) || spec.Secret && form.Get(spec.Name) == "" {
				continue // the page never shows a secret: an empty one is not meant to be empty
			}
			if cfg.Params == nil {
				cfg.Params = map[string]string{}
			}
			cfg.Params[spec.Name] = form.Get(spec.Name)
		}
	}
	return errors.Join(errs...)
}

// given returns the values that are not empty: an empty one is there to say that none is
// picked.
func given(values []string) []string {
	return slices.DeleteFunc(slices.Clone(values), func(v string) bool { return v == "" })
}

// withUser returns host with the user and password that it was first given with:
// the form shows hosts without, and sends back what it shows.
func (s *Server) withUser(host string) string {
	for _, given := range []string{s.engine.Status().Config.Host, s.defaults.Host} {
		if given != "" && host == engine.WithoutUser(given) {
			return given
		}
	}
	return host
}

// others returns the mistakes in more that are in fields which err does not speak of, so
// that a form gets all its messages at once.
func others(err, more error) error {
	known := map[engine.Field]bool{}
	for _, fe := range engine.FieldErrors(err) {
		known[fe.Field] = true
	}
	if known[engine.FieldStages] { // which stand in for numbers
		known[engine.FieldUsers], known[engine.FieldSpawnRate], known[engine.FieldRate] = true, true, true
	}
	var list []error
	for _, fe := range engine.FieldErrors(more) {
		if !known[fe.Field] {
			list = append(list, fe)
		}
	}
	return errors.Join(list...)
}

// words splits a list written with spaces or commas.
func words(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' || r == '\n' })
}

// stop ends the run and answers when it is over.
func (s *Server) stop(w http.ResponseWriter, r *http.Request) {
	wait := s.engine.Status().Config.StopTimeout + 10*time.Second
	http.NewResponseController(w).SetWriteDeadline(time.Now().Add(wait))
	s.record(r, deed{event: "stop"})
	s.engine.Stop("stopped by " + s.operator(r))
	done(w, r, "Test stopped")
}

// operator is who a request is from, as the reason for the end of a run names them.
func (s *Server) operator(r *http.Request) string {
	if s.login.Keeper == nil {
		return "the operator"
	}
	return visitorOf(r).Name
}

// pause makes users do nothing new until resume.
func (s *Server) pause(w http.ResponseWriter, r *http.Request) {
	s.order(w, r, "pause", s.engine.Pause, "Test paused")
}

func (s *Server) resume(w http.ResponseWriter, r *http.Request) {
	s.order(w, r, "resume", s.engine.Resume, "Test resumed")
}

func (s *Server) order(w http.ResponseWriter, r *http.Request, event string, do func() error, message string) {
	if err := do(); err != nil {
		writeProblem(w, r, statusOf(err), err.Error())
		return
	}
	s.record(r, deed{event: event})
	done(w, r, message)
}

// done says that a command was carried out.
func done(w http.ResponseWriter, r *http.Request, message string) {
	if wantsPage(r) {
		redirect(w, r, "", http.StatusSeeOther)
		return
	}
	writeJSON(w, http.StatusOK, map[string]any{"success": true, "message": message})
}

// reset begins the numbers anew.
func (s *Server) reset(w http.ResponseWriter, r *http.Request) {
	s.engine.Reset()
	s.record(r, deed{event: "reset"})
	if wantsPage(r) {
		redirect(w, r, "", http.StatusSeeOther)
		return
	}
	writeText(w, "ok")
}
