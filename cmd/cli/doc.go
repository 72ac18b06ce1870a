// Package cli is the program gregaria, made from a suite of scenarios. A program
// with scenarios of its own is one line:
//
//	func main() { cli.Main(suite) }
//
// Without --headless it serves the page until it is told to end. With it, it makes
// one run, prints tables as it goes, and ends with the run.
//
// # How much load
//
// A run keeps a number of users busy (--users), which is the closed model, or starts
// tasks at a rate (--arrivals), which is the open one. --stages and --shape say how
// the load goes up and down instead, and the run is over when they are; they count
// users, and with --model arrivals arrivals per second.
//
// # Exit status
//
//	0    no request failed and no scenario had an exception
//	1    some did, or could not even be sent, in the latest run, headless or not
//	2    the command line asks for something that cannot be, or a port is taken
//	4    output could not be written, or not whole
//	130  interrupted twice; 143 terminated twice
//
// The first interrupt, termination or hangup ends the run as Stop does, and all
// results are still written.
package cli
