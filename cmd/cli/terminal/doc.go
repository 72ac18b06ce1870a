// Package terminal shows a run in the terminal that the program was started from while
// it goes on, and takes keys there. How it looks is a function of the engine's status and
// the size of the terminal; Bubble Tea puts it there.
//
// The lines of a run that are to stay, such as those of a log, go above what is redrawn.
// Nothing is drawn or read while the program is in the background.
package terminal
