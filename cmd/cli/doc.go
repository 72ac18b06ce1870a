// Package cli is the program gregaria, made from a suite of scenarios. A program
// with scenarios of its own is one line:
//
//	func main() { cli.Main(suite) }
//
// Without --headless it serves the page until it is told to end. With it, it makes
// one run, shows it as it goes, see package terminal, and ends with the run.
//
// # Rooms
//
//	terminal      the live view of a run, and its keys
//	cmd/dev       rebuilds and restarts: the command dev
//	cmd/scaffold  begins modules: init
//	cmd/traffic   scenarios from traffic: import
//
// # How much load
//
// A run keeps a number of users busy (--users), which is the closed model, or starts
// tasks at a rate (--arrivals), which is the open one. --stages and --shape say how
// the load goes up and down instead, and the run is over when they are; they count
// users, and with --model arrivals arrivals per second.
//
// # Where values come from
//
// A flag has the value of the first of these that has one: the command line; the
// environment (GREGARIA_SPAWN_RATE or LOCUST_SPAWN_RATE for --spawn-rate); the file of
// --config; ./gregaria.toml, ./gregaria.conf, ~/.gregaria.toml and ~/.gregaria.conf. In
// files the keys are the names of flags. What says how much load there is goes together:
// --arrivals on the command line replaces users and spawn-rate in a file. --show-config
// prints every value with where it comes from, and messages name the variable, or the
// file and the line.
//
// # Exit status
//
// The first of these that holds:
//
//	2    the command line, a variable or a config file asks for something that cannot
//	     be, or a port is taken: nothing was run
//	3    an internal error, such as a panic of the program's own
//	99   a check does not hold over the whole run, or had nothing to judge
//	4    results could not be written, or not whole
//	1    requests failed, or could not even be sent, or scenarios had exceptions, in the
//	     latest run, headless or not; or no request was answered in one that the command
//	     line started, interrupted or not; --exit-code-on-error changes it
//	98   the load generator was in the way for more than a tenth of the run, and for
//	     5 s at least, so that its numbers say little of the target;
//	     --exit-code-on-invalid changes it
//	0    none of these
//	130  interrupted twice; 143 terminated twice
//
// The first interrupt, termination or hangup ends the run as Stop does, and all
// results are still written.
package cli
