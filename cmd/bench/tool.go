package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
)

// A tool is a load tool, how it is called, and where its output says how many
// requests it made.
type tool struct {
	name    string
	command []string
	then    []string // what says how many it made, if it does not itself; not measured
	count   *regexp.Regexp
	skip    string // why it is not measured
}

// What other tools need to be told in files.
const (
	k6Script = `import http from 'k6/http';
export default function () { http.get('%s'); }
`
	locustFile = `from locust import FastHttpUser, HttpUser, task
class Get(%s):
    @task
    def get(self):
        self.client.get("/")
`
)

var gregariaCount = regexp.MustCompile(`Aggregated\s+(\d+)`)

// requestTools are all that can fetch a URL over and over.
func (b *bench) requestTools() []tool {
	url := b.target.url
	seconds := strconv.Itoa(int(b.duration.Seconds()))
	users := strconv.Itoa(b.users)
	results := filepath.Join(b.scratch, "vegeta.bin")
	locust := func(class string) []string {
		return []string{"locust", "-f", b.script(class+".py", fmt.Sprintf(locustFile, class)),
			"--headless", "--only-summary", "-u", users, "-r", users, "-t", seconds + "s", "-H", url}
	}
	list := []tool{
		{name: "wrk", command: []string{"wrk", "-t1", "-c" + users, "-d" + seconds + "s", url}, count: regexp.MustCompile(`(\d+) requests in`)},
		{name: "gregaria", command: []string{b.program, "--headless", "--only-summary", "-u", users, "-r", "10000", "-t", seconds + "s", "-H", url, "--exit-code-on-invalid", "0", "get"},
			count: gregariaCount},
		{name: "fasthttp", command: []string{b.self, bareCommand, url, users, b.duration.String()}, count: regexp.MustCompile(`(\d+) requests`)},
		{name: "ab", command: []string{"ab", "-q", "-k", "-c", users, "-t", seconds, "-n", "100000000", url + "/"}, count: regexp.MustCompile(`Complete requests:\s+(\d+)`)},
		{name: "hey", command: []string{"hey", "-c", users, "-z", seconds + "s", url}, count: regexp.MustCompile(`\[200\]\s+(\d+) responses`)},
		{name: "vegeta", command: []string{"vegeta", "attack", "-targets", b.script("vegeta.txt", "GET "+url+"\n"), "-rate", "0", "-max-workers", users,
			"-connections", users, "-duration", seconds + "s", "-output", results},
			then: []string{"vegeta", "report", results}, count: regexp.MustCompile(`Requests\s+\[total[^\]]*\]\s+(\d+)`)},
		{name: "k6", command: []string{"k6", "run", "--quiet", "--no-usage-report", "--vus", users, "--duration", seconds + "s", b.script("k6.js", fmt.Sprintf(k6Script, url))},
			count: regexp.MustCompile(`http_reqs\.*:\s+(\d+)`)},
		{name: "locust, FastHttpUser", command: locust("FastHttpUser"), count: gregariaCount},
		{name: "locust, HttpUser", command: locust("HttpUser"), count: gregariaCount},
		{name: "goose", skip: "a Rust library without a program of its own; its test would have to be compiled"},
	}
	return skipMissing(list)
}

// jsonTools are Gregaria with a scenario that does more, and the floor under it.
func (b *bench) jsonTools() []tool {
	seconds := strconv.Itoa(int(b.duration.Seconds()))
	users := strconv.Itoa(b.users)
	return skipMissing([]tool{
		{name: "wrk", command: []string{"wrk", "-t1", "-c" + users, "-d" + seconds + "s", b.target.url + "/json"}, count: regexp.MustCompile(`(\d+) requests in`)},
		{name: "gregaria", command: []string{b.self, selfCommand, "--headless", "--only-summary", "-u", users, "-r", "10000", "-t", seconds + "s", "-H", b.target.url, "--exit-code-on-invalid", "0", "json"},
			count: gregariaCount},
	})
}

// script writes a file for a tool and returns its path.
func (b *bench) script(name, text string) string {
	path := filepath.Join(b.scratch, name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		panic(err) // a folder this program has just made
	}
	return path
}

func skipMissing(list []tool) []tool {
	for i, t := range list {
		if t.skip == "" && !found(t.command[0]) {
			list[i].skip = t.command[0] + " is not installed"
		}
	}
	return list
}

func found(name string) bool {
	_, err := exec.LookPath(name)
	return err == nil
}
