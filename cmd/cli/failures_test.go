package cli

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"
)

// The file and both answers have the same kinds of failures, in the same words.
func TestFailuresAreTheSameInFilesAndAnswers(t *testing.T) {
	tg := newTarget(t, func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "no "+r.URL.Path+" for "+r.RemoteAddr, http.StatusTeapot) // another text each time
	})
	prefix := filepath.Join(t.TempDir(), "run")
	c := launch(t, nil, "-P", "0", "--autostart", "-u", "3", "-r", "100", "-i", "20", "--csv", prefix, "-H", tg.URL, "hit")
	url := c.err.find(t, `page is at (http://localhost:\d+)\n`)[1]
	c.err.find(t, `run is over`)
	var answer struct {
		Errors []struct {
			Method, Name, Error string
			Occurrences         int64
		}
	}
	if err := json.Unmarshal([]byte(fetch(t, http.MethodGet, url+"/stats/requests")), &answer); err != nil {
		t.Fatal(err)
	}
	want := [][]string{}
	for _, e := range answer.Errors {
		want = append(want, []string{e.Method, e.Name, e.Error, strconv.FormatInt(e.Occurrences, 10)})
	}
	download := fetch(t, http.MethodGet, url+"/stats/failures/csv")
	c.signal(t, os.Interrupt)
	c.exits(t, 1)
	file, err := os.ReadFile(prefix + "_failures.csv")
	if err != nil || string(file) != download {
		t.Errorf("_failures.csv, %v\n%s\nwant what /stats/failures/csv has:\n%s", err, file, download)
	}
	got := [][]string{}
	for _, line := range readCSV(t, prefix+"_failures.csv")[1:] {
		got = append(got, line[:4])
	}
	if !slices.EqualFunc(got, want, slices.Equal) || len(got) == 0 {
		t.Errorf("_failures.csv has\n%q, want what /stats/requests has:\n%q", got, want)
	}
}
