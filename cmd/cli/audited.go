package cli

import (
	"fmt"

	"github.com/gregaria/gregaria/engine"
	"github.com/gregaria/gregaria/server"
)

// An audited engine writes down what it is told to do by keys. The page does that itself.
type audited struct {
	*engine.Engine
	audit *server.Audit // nil without a file, for whoever sits here knows what they do
}

// openAudited makes keys, and what else the terminal has the engine do, leave a trace in
// the file of --audit-log.
func (p *program) openAudited() (e audited, err error) {
	e.Engine = p.engine
	if path := p.opts.doors.audit; path != "" {
		if e.audit, err = server.NewAudit(p.log.Logger, path); err != nil {
			return e, fmt.Errorf("--audit-log: %w", err)
		}
	}
	return e, nil
}

func (e audited) Start(cfg engine.Config) (bool, error) {
	began, err := e.Engine.Start(cfg)
	if err == nil && e.audit != nil {
		e.audit.Started(e.Status())
	}
	return began, err
}

func (e audited) Change(cfg engine.Config) error { return e.note("edit", e.Engine.Change(cfg)) }
func (e audited) Pause() error                   { return e.note("pause", e.Engine.Pause()) }
func (e audited) Resume() error                  { return e.note("resume", e.Engine.Resume()) }

func (e audited) Stop(reason string) {
	_ = e.note("stop", nil)
	e.Engine.Stop(reason)
}

func (e audited) note(event string, err error) error {
	if err == nil && e.audit != nil {
		e.audit.Local(event, "terminal", e.Status())
	}
	return err
}
