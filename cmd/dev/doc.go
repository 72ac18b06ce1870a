// Package dev rebuilds and restarts a program of scenarios when its Go files change.
//
// [Run] is the parent: it watches the files, builds, and owns the page's listeners, which
// each child inherits; so the port never closes, and who connects in between waits. Who
// has no child to serve it, since none builds or starts, is told why by the parent itself.
//
// [Inherit] is the child's side. By a pipe it hears what hinders the newest build, which
// its page shows, and when to make way for it: as soon as no run is on. It leaves its
// latest run in a file, with which the next child begins. When the pipe closes, the parent
// has ended, however it did, and the child ends too.
package dev
