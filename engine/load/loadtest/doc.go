// Package loadtest runs a scenario against an http.Handler in an ordinary test:
//
//	func TestCities(t *testing.T) {
//		loadtest.Run(t, cities, api.New(), loadtest.Options{})
//	}
//
// There is no network, no wait between tasks and no chance in the order of
// things: each user lives OnStart, every task in turn and OnStop. [Run] fails the
// test for each failure and exception. [Try] only returns them, for a test that a
// scenario notices what it is there to notice:
//
//	got := loadtest.Try(t, cities, api.WithBug(), loadtest.Options{Users: 20, Rounds: 50})
//	if got.Row("GET", "/api/v1/cities/{id}").Failures() == 0 {
//		t.Error("20 users did not see the bug")
//	}
//
// All of it works in a testing/synctest bubble, where [load.User.Pause], timeouts
// and handlers that sleep take no time.
//
// What a scenario measures with clients of its own, [load.User.Measure], reaches
// whatever those clients connect to: the handler is only behind HTTP requests.
package loadtest
