// Package cli is the program gregaria, made from a suite of scenarios. A program
// with scenarios of its own is one line:
//
//	func main() { cli.Main(suite) }
//
// Without --headless it serves the page until it is told to end. With it, it makes
// one run, prints tables as it goes, and ends with the run.
//
// # Exit status
//
//	0    no request failed and no scenario had an exception
//	1    some did, in the latest run, headless or not
//	2    the command line asks for something that cannot be, or a port is taken
//	4    CSV files could not be written, or not whole
//	130  interrupted twice; 143 terminated twice
//
// The first interrupt, termination or hangup ends the run as Stop does, and all
// results are still written.
package cli
