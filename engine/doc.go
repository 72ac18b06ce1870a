// Package engine runs load tests.
//
// An [Engine] is made from the scenarios of a suite. [Engine.Start] begins a run.
// While it is on, Start changes its load, [Engine.Pause] and [Engine.Resume] hold it,
// [Engine.Reset] begins its numbers anew and [Engine.Stop] ends it. [Engine.Status] is
// everything there is to know at one moment; [Engine.Watch] tells when there is a new
// one.
//
// # Rooms
//
//	load      what scenarios are written in; load/loadtest runs them in tests
//	stats     samples → deltas → table, history, snapshot
//	checks    what a run is held to: "GET /cart p95 < 300ms"
//	health    whether the load generator itself was in the way
//	dispatch  how many users of which scenario, and when; when arrivals are due
//	wire      transports: how requests reach the target
//	report    files made from a Status
//	telemetry tells Prometheus and OpenTelemetry of a Status
//
// # One run
//
// A run belongs to one goroutine, its loop: it alone starts and stops users, drains
// the samples once a second and publishes the status. Everything else talks to it
// by sending it functions. Users own their connection, their state and their
// source of chance, and share nothing but the shards they record into.
//
// # Two models
//
// In the closed model a run has a number of users, each of which does one task after
// the other: a slow target is asked less often. In the open model it has arrivals per
// second: tasks begin by a schedule, whatever the target does, on as many users as that
// takes, up to a cap. What finds no user there is dropped, and counted.
//
// A task that ought to begin at some moment, by the schedule or by its pacing, has an
// intended start. The response time of its first request counts from there, the service
// time from when that was sent. No sample is ever invented.
//
// Either load follows a plan: a ramp, stages or a shape. The plan's clock and the run
// time stand still while the run is paused.
//
// # Caps
//
// [Caps] bound what any run may ask for, whoever starts it, and do: users at once,
// arrivals and requests per second, run time. What hosts it may reach is for the policy
// of package wire to say.
//
// # Checks and events
//
// A run can be held to checks, see package checks. Each second they are judged, over the
// last ten seconds and, but for a warm-up, as a whole. A check that has been broken for
// as long as the config says stops the run. What happened to a run, breaches and edits
// among it, is told as [Event], on the clock of the numbers. The checks of a suite are an
// offer to whoever makes a Config: see [Engine.Checks].
//
// # Restarts
//
// [Status.Save] writes a run that is over and [ReadStatus] reads it: numbers, history,
// failures, events and what it was asked for, exactly. An engine that is given one in
// [Options].Restore begins with it, and counts runs on from there.
//
// # Stop
//
// A stop reaches every user at once. Users that wait end right away. Users within a
// task may finish it until the stop timeout; then their requests are cut and are
// counted neither as requests nor as failures. Each user's OnStop runs in what
// remains. A user whose code ignores all that is abandoned: the run is over within
// the stop timeout and two seconds, whatever the target or the scenario does. Teardown,
// where there is one, comes last and has five seconds more.
package engine
