// Package engine runs load tests.
//
// An [Engine] is made from the scenarios of a suite. [Engine.Start] begins a run:
// users are started at the spawn rate, each a goroutine that lives its scenario
// until it is told to stop. While a run is on, Start changes its load, [Engine.Reset]
// begins its numbers anew and [Engine.Stop] ends it. [Engine.Status] is everything
// there is to know at one moment; [Engine.Watch] tells when there is a new one.
//
// # Rooms
//
//	load      what scenarios are written in
//	stats     samples → deltas → table, history, snapshot
//	dispatch  how many users of which scenario, and when
//	wire      transports: how requests reach the target
//	report    files made from a Status
//
// # One run
//
// A run belongs to one goroutine, its loop: it alone starts and stops users, drains
// the samples once a second and publishes the status. Everything else talks to it
// by sending it functions. Users own their connection, their state and their
// source of chance, and share nothing but the shards they record into.
//
// # Stop
//
// A stop reaches every user at once. Users that wait end right away. Users within a
// task may finish it until the stop timeout; then their requests are cut and are
// counted neither as requests nor as failures. Each user's OnStop runs in what
// remains. A user whose code ignores all that is abandoned: the run is over within
// the stop timeout and two seconds, whatever the target or the scenario does.
package engine
