// Package loadtest runs a scenario against an http.Handler in an ordinary test:
//
//	func TestCities(t *testing.T) {
//		loadtest.Run(t, cities, api.New(), loadtest.Options{})
//	}
//
// There is no network, no wait between tasks and no chance in the order of
// things: after Setup each user lives OnStart, every task in turn and OnStop, and
// then comes Teardown. [Run] fails the test for each failure and exception. [Try]
// only returns them, for a test that a scenario notices what it is there to notice:
//
//	got := loadtest.Try(t, cities, api.WithBug(), loadtest.Options{Users: 20, Rounds: 50})
//	if got.Row("GET", "/api/v1/cities/{id}").Failures() == 0 {
//		t.Error("20 users did not see the bug")
//	}
//
// "Every task in turn" means that
//
//   - a set is entered, each of its tasks done once, and left: at the end, or when one
//     of them returns [load.Leave];
//   - a chain begins with its first task and goes the shortest way to one not done yet,
//     the likeliest first, until no way leads to another. Of tasks that exclude each
//     other only one is done;
//   - what [load.User.Queue] queues comes first, and besides;
//   - a user whose scenario has Iterations stops after so many. Another one takes its
//     place until every task is done; of a chain it does as much as it gets to.
//
// When Setup fails there are no users and no Teardown. Feeds are opened for each call of
// Run and Try.
//
// All of it works in a testing/synctest bubble, where [load.User.Pause], timeouts
// and handlers that sleep take no time.
//
// What a scenario measures with clients of its own, [load.User.Measure], reaches
// whatever those clients connect to: the handler is only behind HTTP requests. A
// scenario of Protocol [load.NoHTTP] needs none.
package loadtest
