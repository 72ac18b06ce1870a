package stats

import (
	"math"
	"slices"
)

// crowds are the classes of numbers of users, by their smallest: 0, 1, 2, 3 to 5, 6 to
// 10, and so on in steps of 1, 2 and 5.
var crowds = [...]int{0, 1, 2, 3, 6, 11, 21, 51, 101, 201, 501, 1001, 2001, 5001, 10001, 20001, 50001, 100001, 200001, 500001}

// CrowdOf returns the class of a number of users, which is the smallest number of users
// in it.
func CrowdOf(users int) int { return crowds[crowd(users)] }

// CrowdEnd returns the largest number of users in a class.
func CrowdEnd(of int) int {
	if i := crowd(of) + 1; i < len(crowds) {
		return crowds[i] - 1
	}
	return math.MaxInt
}

// crowd returns the index of the class of a number of users.
func crowd(users int) int {
	i, found := slices.BinarySearch(crowds[:], max(0, users))
	if !found {
		i--
	}
	return i
}
