package health

import (
	"io/fs"
	"slices"
	"testing"
	"testing/fstest"
	"time"
)

// tree makes a file system of paths and texts.
func tree(texts map[string]string) fs.FS {
	m := fstest.MapFS{}
	for path, text := range texts {
		m[path] = &fstest.MapFile{Data: []byte(text)}
	}
	return m
}

const (
	mountUnified = "29 23 0:26 / /sys/fs/cgroup rw,nosuid,nodev shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"
	mountLegacy  = "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n" +
		"33 31 0:30 / /sys/fs/cgroup/cpuacct rw,relatime - cgroup cgroup rw,cpuacct\n" +
		"32 31 0:29 /docker/abc /sys/fs/cgroup/cpu ro,relatime - cgroup cgroup rw,cpu\n" +
		"40 31 0:35 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw\n"
	groupLegacy = "4:memory:/docker/abc\n2:cpuacct:/\n1:cpu:/docker/abc\n0::/docker/abc\n"
)

func TestGroupsAreFound(t *testing.T) {
	for _, c := range []struct {
		name      string
		texts     map[string]string
		groups    groups
		quota     float64
		throttled time.Duration
	}{
		{name: "no control groups"},
		{
			name: "version 2, the tightest around",
			texts: map[string]string{
				"proc/self/cgroup":                            "0::/user.slice/run.scope\n",
				"proc/self/mountinfo":                         mountUnified,
				"sys/fs/cgroup/user.slice/run.scope/cpu.max":  "max 100000\n",
				"sys/fs/cgroup/user.slice/run.scope/cpu.stat": "usage_usec 9\nnr_throttled 0\nthrottled_usec 0\n",
				"sys/fs/cgroup/user.slice/cpu.max":            "150000 100000\n",
				"sys/fs/cgroup/user.slice/cpu.stat":           "usage_usec 9\nnr_throttled 3\nthrottled_usec 70000\n",
			},
			groups:    groups{"sys/fs/cgroup/user.slice/run.scope", "sys/fs/cgroup/user.slice"},
			quota:     1.5,
			throttled: 70 * time.Millisecond,
		},
		{
			name: "version 2, in a container",
			texts: map[string]string{
				"proc/self/cgroup":       "0::/\n",
				"proc/self/mountinfo":    mountUnified,
				"sys/fs/cgroup/cpu.max":  "20000 100000\n",
				"sys/fs/cgroup/cpu.stat": "throttled_usec 1000\n",
			},
			groups: groups{"sys/fs/cgroup"}, quota: 0.2, throttled: time.Millisecond,
		},
		{
			name: "version 1, in a container that is told its path outside",
			texts: map[string]string{
				"proc/self/cgroup":                    groupLegacy,
				"proc/self/mountinfo":                 mountLegacy,
				"sys/fs/cgroup/cpu/cpu.cfs_quota_us":  "250000\n",
				"sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
				"sys/fs/cgroup/cpu/cpu.stat":          "nr_periods 8\nnr_throttled 2\nthrottled_time 5000000\n",
			},
			groups: groups{"sys/fs/cgroup/cpu"}, quota: 2.5, throttled: 5 * time.Millisecond,
		},
		{
			name: "version 1, no limit",
			texts: map[string]string{
				"proc/self/cgroup":                 "1:cpu,cpuacct:/\n",
				"proc/self/mountinfo":              "33 31 0:30 / /cg/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n",
				"cg/cpu,cpuacct/cpu.cfs_quota_us":  "-1\n",
				"cg/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
				"cg/cpu,cpuacct/cpu.stat":          "throttled_time 0\n",
			},
			groups: groups{"cg/cpu,cpuacct"},
		},
		{
			name: "a path that leads out of the mount",
			texts: map[string]string{
				"proc/self/cgroup":      "0::/../beside\n",
				"proc/self/mountinfo":   mountUnified,
				"sys/fs/cgroup/cpu.max": "50000 100000\n",
			},
			groups: nil,
		},
		{
			name: "a mount at the root of everything",
			texts: map[string]string{
				"proc/self/cgroup":    "0::/a\n",
				"proc/self/mountinfo": "29 23 0:26 / / rw - cgroup2 cgroup2 rw\n",
			},
		},
		{
			name:  "nonsense",
			texts: map[string]string{"proc/self/cgroup": "a\n\n::", "proc/self/mountinfo": " - \n1 2 3 4 5 - x\n"},
		},
	} {
		root := tree(c.texts)
		got := findGroups(root)
		if !slices.Equal(got, c.groups) {
			t.Errorf("%s: findGroups() = %q, want %q", c.name, got, c.groups)
		}
		if q := got.quota(root); q != c.quota {
			t.Errorf("%s: quota() = %v, want %v", c.name, q, c.quota)
		}
		if d := got.throttled(root); d != c.throttled {
			t.Errorf("%s: throttled() = %v, want %v", c.name, d, c.throttled)
		}
	}
}

func TestParseQuota(t *testing.T) {
	for text, want := range map[string]float64{
		"20000 100000\n":   0.2,
		"400000\n 100000 ": 4,
		"max 100000\n":     0,
		"-1\n 100000\n":    0,
		"20000 0":          0,
		"20000":            0,
		"":                 0,
		"many of them":     0,
	} {
		if got := parseQuota(text); got != want {
			t.Errorf("parseQuota(%q) = %v, want %v", text, got, want)
		}
	}
}

func TestParseThrottled(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"usage_usec 1\nthrottled_usec 2500\nnr_bursts 0\n": 2500 * time.Microsecond,
		"nr_throttled 1\nthrottled_time 2500\n":            2500,
		"throttled_usec\n":                                 0,
		"throttled_usec -\n":                               0,
		"":                                                 0,
	} {
		if got := parseThrottled(text); got != want {
			t.Errorf("parseThrottled(%q) = %v, want %v", text, got, want)
		}
	}
}
