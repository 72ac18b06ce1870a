package health

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/leaks"
	"github.com/gregaria/gregaria/engine/stats"
)

const asGenerator = "GREGARIA_HEALTH_GENERATOR"

// TestMain lets this binary be a load generator of its own when a test asks for it.
func TestMain(m *testing.M) {
	if text := os.Getenv(asGenerator); text != "" {
		var g generator
		if err := json.Unmarshal([]byte(text), &g); err != nil {
			panic(err)
		}
		if g.FileLimit {
			fmt.Print(fileLimit())
			return
		}
		g.generate()
		return
	}
	leaks.Main(m)
}

// A generator is a small load generator in a process of its own.
type generator struct {
	URL     string
	Users   int
	Wait    time.Duration // between the planned starts of a user's requests; 0 to send the next at once
	Seconds int

	FileLimit bool // only say how many descriptors may be open
}

// A second is what a generator says each second.
type second struct {
	Health   stats.Health
	Median   time.Duration
	Requests int
	Others   float64 // share of the machine's time that other processes used, the target included
}

// generate is the generator's process. It begins when it reads a line.
func (g generator) generate() {
	fmt.Fscanln(os.Stdin)
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: g.Users}}
	m := Start()
	defer m.Stop()
	var mu sync.Mutex
	var took []time.Duration
	for i := range g.Users {
		go func() {
			planned := time.Now().Add(g.Wait * time.Duration(i) / time.Duration(g.Users))
			for {
				if g.Wait > 0 {
					time.Sleep(time.Until(planned))
					m.Lag(time.Since(planned))
					planned = time.Now().Add(g.Wait)
				}
				begin := time.Now()
				resp, err := client.Get(g.URL)
				if err != nil {
					panic(err)
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				mu.Lock()
				took = append(took, time.Since(begin))
				mu.Unlock()
			}
		}()
	}
	out := json.NewEncoder(os.Stdout)
	idle, all := machine()
	begin, own := time.Now(), used()
	for range g.Seconds {
		time.Sleep(time.Second)
		mu.Lock()
		s := second{Requests: len(took)}
		slices.Sort(took)
		if len(took) > 0 {
			s.Median = took[len(took)/2]
		}
		took = took[:0]
		mu.Unlock()
		s.Health = m.Take(s.Median, 0)
		idleNow, allNow := machine()
		now, ownNow := time.Now(), used()
		s.Others = 1 - (idleNow-idle)/(allNow-all) - share((ownNow-own).Seconds(), now.Sub(begin).Seconds()*float64(runtime.NumCPU()))
		idle, all, begin, own = idleNow, allNow, now, ownNow
		out.Encode(s)
	}
}

// machine returns how long the machine's processors have been idle, and have run.
func machine() (idle, all float64) {
	text, _ := os.ReadFile("/proc/stat")
	line, _, _ := strings.Cut(string(text), "\n")
	for i, field := range strings.Fields(line) {
		n, _ := strconv.ParseFloat(field, 64)
		if i == 4 {
			idle = n
		}
		all += n
	}
	return idle, all
}
