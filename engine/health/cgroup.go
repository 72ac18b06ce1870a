package health

import (
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"
)

// groups are the directories of the control groups that may limit the processor
// time of this process: its own and those around it.
type groups []string

// findGroups looks for the groups in the file system that begins at root. It finds
// none where there are none.
func findGroups(root fs.FS) groups {
	text, _ := fs.ReadFile(root, "proc/self/cgroup")
	own, legacy := parseGroup(string(text))
	text, _ = fs.ReadFile(root, "proc/self/mountinfo")
	from, mount := parseMount(string(text), legacy)
	top := strings.Trim(mount, "/")
	if own == "" || top == "" {
		return nil
	}
	// In a container the mount may begin at a group within the hierarchy, and the
	// path of the process's own be told from outside or from inside.
	inner, within := strings.CutPrefix(own, strings.TrimSuffix(from, "/"))
	if !within || !strings.HasPrefix(inner, "/") {
		inner = ""
	}
	var found groups
	for dir := path.Join(top, inner); ; dir = path.Dir(dir) {
		if _, limits := quota(root, dir); limits {
			found = append(found, dir)
		}
		if len(dir) <= len(top) {
			return found
		}
	}
}

// parseGroup returns the path of the group that limits processor time, from the text
// of /proc/self/cgroup, and whether it is one of version 1. It is empty when there is
// none.
func parseGroup(text string) (own string, legacy bool) {
	for line := range strings.Lines(text) {
		part := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 3)
		if len(part) < 3 {
			continue
		}
		if slices.Contains(strings.Split(part[1], ","), "cpu") {
			return part[2], true
		}
		if part[0] == "0" {
			own = part[2]
		}
	}
	return own, false
}

// parseMount returns the group at which the hierarchy is mounted and the directory
// where, from the text of /proc/self/mountinfo. They are empty when it is not mounted.
func parseMount(text string, legacy bool) (from, dir string) {
	for line := range strings.Lines(text) {
		left, right, _ := strings.Cut(line, " - ")
		place, system := strings.Fields(left), strings.Fields(right)
		if len(place) < 5 || len(system) < 3 {
			continue
		}
		if !legacy && system[0] == "cgroup2" ||
			legacy && system[0] == "cgroup" && slices.Contains(strings.Split(system[2], ","), "cpu") {
			return place[3], place[4]
		}
	}
	return "", ""
}

// quota returns how many processors' time the group of a directory may use, 0 when it
// is not limited, and whether the group can have a limit.
func quota(root fs.FS, dir string) (processors float64, limits bool) {
	if text, err := fs.ReadFile(root, path.Join(dir, "cpu.max")); err == nil {
		return parseQuota(string(text)), true
	}
	most, err := fs.ReadFile(root, path.Join(dir, "cpu.cfs_quota_us"))
	if err != nil {
		return 0, false
	}
	period, _ := fs.ReadFile(root, path.Join(dir, "cpu.cfs_period_us"))
	return parseQuota(string(most) + " " + string(period)), true
}

// parseQuota reads "20000 100000": so many µs of processor time in so many. It returns
// 0 when there is no limit, which is written "max" or -1.
func parseQuota(text string) float64 {
	field := strings.Fields(text)
	if len(field) != 2 {
		return 0
	}
	most, err1 := strconv.ParseFloat(field[0], 64)
	period, err2 := strconv.ParseFloat(field[1], 64)
	if err1 != nil || err2 != nil || most <= 0 || period <= 0 {
		return 0
	}
	return most / period
}

// parseThrottled returns for how long the processors of a group were held back, all
// together, from the text of its cpu.stat.
func parseThrottled(text string) time.Duration {
	units := map[string]time.Duration{"throttled_usec": time.Microsecond, "throttled_time": time.Nanosecond}
	for line := range strings.Lines(text) {
		name, number, _ := strings.Cut(strings.TrimSpace(line), " ")
		if n, err := strconv.ParseInt(number, 10, 64); err == nil && units[name] > 0 {
			return time.Duration(n) * units[name]
		}
	}
	return 0
}

// quota returns the tightest limit, 0 when there is none.
func (g groups) quota(root fs.FS) float64 {
	tightest := 0.0
	for _, dir := range g {
		if q, _ := quota(root, dir); q > 0 && (tightest == 0 || q < tightest) {
			tightest = q
		}
	}
	return tightest
}

// throttled returns for how long processors were held back by any of the groups.
func (g groups) throttled(root fs.FS) time.Duration {
	var sum time.Duration
	for _, dir := range g {
		text, _ := fs.ReadFile(root, path.Join(dir, "cpu.stat"))
		sum += parseThrottled(string(text))
	}
	return sum
}
