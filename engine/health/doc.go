// Package health measures the load generator itself: whether it, and not the target,
// was in the way.
//
// A [Monitor] measures this process while a run is on and judges each second by a
// table of rules: see [Judge] for the verdict and [Advice] for the way out. Linux tells
// all of the vitals; other systems tell how late work and timers are, how long
// goroutines wait and what the garbage collector takes, and Unixes the processor time
// used. What is not told is 0 and never a reason.
//
// # How the limits were found
//
// A load generator in a process of its own sent requests to a target on the same
// machine, a virtual one with two processors on which other programs came and went.
// 451 seconds of it, idle or with 20 users while others used at most 15 % of the
// machine, were looked at to set the limits on lateness, waiting and stolen time. With
// those fixed it was measured anew, 90 seconds of each kind, and judged
//
//	                                         valid  degraded  invalid
//	idle                                        72        18        0
//	20 users, 400 requests/s                    78         6        6
//	20 users, 2,000 requests/s                  47        21       22
//	400 users, as fast as they can               0         0       90
//	20 users, stopped for 80 of each 100 ms      0         0       90
//	50 users, quota of 0.2 processors            0         0       90
//
// The first three have little to do. Of their seconds, 115 were such that the rest of
// the machine, the target included, used at most 15 % of it: of these 105 were valid
// and 10, all idle, degraded. The host of the machine took more than 2 % of its time in
// 21 of the 115, the 10 among them; the other 94 were valid. So a generator that has
// little to do is valid as long as it is left alone, and on a machine that is shared
// it is often not.
// The limit on stolen time was raised after that, so that it is a hint and spoils
// nothing by itself that timers and users do not feel. So was that of lateness above which
// a second is invalid, from 10 to 25 ms: one timer in a hundred that has to wait for two
// slices of a neighbour is a mishap of machines with two processors that are shared, as
// those of CI are, and puts the 99th percentile in doubt rather than the run. Such seconds
// are degraded. Where responses take longer than 125 ms the limit is a fifth of that.
//
// In undisturbed seconds with 20 users timers went off 1 to 2 ms late, which is how
// Go's are, and goroutines waited for less than 1 ms. The limits of processor time, of
// the garbage collector, of the quota and of descriptors were not found in this way:
// they are where experience puts them, and what was measured does not contradict them.
//
// To repeat it, leaving out seconds in which others used more than 15 % of the machine:
//
//	go test ./engine/health -run TestMeasure -measure 30 -others 0.15
package health
