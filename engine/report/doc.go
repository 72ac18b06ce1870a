// Package report makes files and console tables of a run's numbers.
//
// Formats are whole runs in a file each: JSON by Schema, Markdown, JUnit XML and an
// HdrHistogram log. They are functions of an engine.Status, as LocustJSON is.
//
// CSV files that Locust has too have its columns, so that what reads those reads these;
// what there is beyond Locust is in files of its own: response times, phases, arrivals
// and the health of the load generator.
//
// Times are in milliseconds, exact to the microsecond, and every number is defined
// as in package stats: the columns "Median Response Time" and "50%" agree, and no
// percentile exceeds the maximum.
//
// Names, messages and stacks come from the target and from scenarios, and may be
// hostile. In a CSV file a text that a spreadsheet would take for a formula gets a
// quote in front; numbers are never touched. On a terminal whatever could move the
// cursor, change colours or turn the direction of writing is shown as an escape.
package report
