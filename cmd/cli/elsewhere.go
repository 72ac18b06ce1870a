package cli

// elsewhere says what to do instead of a flag of other programs.
var elsewhere = map[string]string{
	// Locust
	"locustfile":              compiledIn,
	"f":                       compiledIn,
	"master":                  oneProcess,
	"worker":                  oneProcess,
	"slave":                   oneProcess,
	"processes":               oneProcess,
	"master-host":             oneProcess,
	"master-port":             oneProcess,
	"master-bind-host":        oneProcess,
	"master-bind-port":        oneProcess,
	"expect-workers":          oneProcess,
	"expect-slaves":           oneProcess,
	"expect-workers-max-wait": oneProcess,
	"enable-rebalancing":      oneProcess,
	"web-auth":                "it is called --web-login now, as in Locust",
	"web-host-display-name":   "the page shows the address it is served at: leave it out",
	"build-path":              "the page is compiled in: leave it out",
	"legacy-ui":               "there is one page: leave it out",
	"headful":                 "the page is served unless --headless is given: leave it out",
	"skip-log-setup":          "the log is the program's own: --loglevel and --logfile say what goes where",
	"profile":                 "runs have no profiles: give the files of each a name of their own with --csv",
	"no-web":                  "write --headless",
	"no-reset-stats":          "numbers are kept unless --reset-stats is given: leave it out",
	"clients":                 "write --users",
	"c":                       "write --users, as -u",
	"hatch-rate":              "write --spawn-rate",
	"num-request":             "write --iterations",
	"n":                       "write --iterations, as -i",
	"port":                    "write --web-port",
	"step-load":               "write --stages",
	"step-users":              "write --stages",
	"step-time":               "write --stages",

	// k6, hey, vegeta, wrk, ab, Goose
	"vus":                      "write --users",
	"connections":              "write --users: each has connections of its own",
	"concurrency":              "write --users",
	"duration":                 "write --run-time",
	"d":                        "write --run-time, as -t",
	"z":                        "write --run-time, as -t",
	"timelimit":                "write --run-time",
	"rate":                     "write --arrivals",
	"rps":                      "write --arrivals",
	"q":                        "write --arrivals",
	"R":                        "write --arrivals",
	"max-workers":              "write --user-cap",
	"max-vus":                  "write --user-cap",
	"requests":                 "write --iterations",
	"stage":                    "write --stages, with commas between",
	"threads":                  "one process uses all cores: leave it out",
	"cpus":                     "one process uses all cores: leave it out, or set GOMAXPROCS",
	"latency":                  "percentiles are always measured: leave it out",
	"threshold":                "write --check",
	"thresholds":               "write --check",
	"out":                      "write --csv",
	"output":                   "write --csv",
	"o":                        "write --csv",
	"targets":                  "write a scenario, or --host with the scenario get",
	"url":                      "write --host",
	"header":                   "write it in the scenario: load.Header, or a parameter that has it",
	"m":                        "write the method in the scenario",
	"method":                   "write the method in the scenario",
	"body":                     "write the body in the scenario: load.JSON, load.Form",
	"script":                   compiledIn,
	"redirects":                "write it in the scenario",
	"no-connection":            "write it in the scenario",
	"insecure-skip-tls-verify": "write --insecure",
	"hatch":                    "write --spawn-rate",
	"startup-time":             "write --spawn-rate: users divided by seconds",
	"scenarios":                "name scenarios without a flag, after the others",
	"verbose":                  "write --loglevel debug",
	"v":                        "write --loglevel debug",
	"quiet":                    "write --loglevel error, or --only-summary",
}

const (
	compiledIn = "scenarios are compiled in: --list shows them"
	oneProcess = "this version runs in one process, which uses all cores: leave it out"
)

// locustVariables are those variables of Locust that are not called as their flag is.
var locustVariables = map[string]string{
	"MODE_MASTER": "master", "MODE_WORKER": "worker", "MASTER_NODE_HOST": "master-host", "MASTER_NODE_PORT": "master-port",
}
