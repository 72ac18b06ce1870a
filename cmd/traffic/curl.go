package traffic

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"regexp"
	"strings"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

const fromCurl = "made of curl commands"

// Curl makes a scenario of one or more curl commands, such as browsers copy them.
func Curl(data []byte, o Options) (*Result, error) {
	var n notes
	all, err := readCurl(data, &n)
	if err != nil {
		return nil, err
	}
	o.AllHosts = true // whoever wrote the command meant its host
	o.Static = true
	kept, err := keep(all, o, &n)
	if err != nil {
		return nil, err
	}
	return record(kept, o, &n, fromCurl)
}

// readCurl reads the curl commands of a shell script. Nothing in there is run.
func readCurl(data []byte, n *notes) ([]*exchange, error) {
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(bytes.NewReader(data), "")
	if err != nil {
		return nil, fmt.Errorf("not a shell command: %v — in the browser's network tab choose “Copy as cURL (bash)”", err)
	}
	var all []*exchange
	var wrong error
	syntax.Walk(file, func(node syntax.Node) bool {
		command, ok := node.(*syntax.CallExpr)
		if !ok || len(command.Args) == 0 {
			return true
		}
		leave := func(at syntax.Pos, err error) bool {
			n.add("line %d is left out: %v", at.Line(), err)
			wrong = cmp.Or(wrong, fmt.Errorf("line %d: %w", at.Line(), err))
			return false
		}
		var args []string
		for _, word := range command.Args {
			arg, err := literal(word, n)
			if err != nil {
				return leave(word.Pos(), err)
			}
			args = append(args, arg)
		}
		if name := strings.TrimSuffix(path.Base(args[0]), ".exe"); name != "curl" {
			n.add("line %d: %s is no curl command and is left out", command.Pos().Line(), args[0])
			return false
		}
		made, err := curl(args[1:], n)
		if err != nil {
			return leave(command.Pos(), err)
		}
		all = append(all, made...)
		return false
	})
	if len(all) == 0 && wrong != nil {
		return nil, wrong
	}
	if len(all) == 0 {
		return nil, errors.New("there is no curl command — in the browser's network tab choose “Copy as cURL (bash)”")
	}
	return all, nil
}

// escaped matches what has a backslash before it, outside quotes.
var escaped = regexp.MustCompile(`(?s)\\(.)`)

// literal returns the text of a word, which must not have to be worked out by a shell. A
// variable stands for itself: its value is not known here.
func literal(word *syntax.Word, n *notes) (string, error) {
	var mistake error
	syntax.Walk(word, func(node syntax.Node) bool {
		switch x := node.(type) {
		case *syntax.CmdSubst, *syntax.ProcSubst, *syntax.ArithmExp:
			mistake = errors.New("a command within the command is not run — write its result there")
		case *syntax.ParamExp:
			if x.Param == nil || x.Exp != nil || x.Index != nil || x.Slice != nil || x.Repl != nil || x.Length || x.Excl {
				mistake = errors.New("only plain variables are understood")
				return false
			}
			n.add("the value of $%s is not known: it stands there as its name", x.Param.Value)
		}
		return mistake == nil
	})
	if mistake != nil {
		return "", mistake
	}
	for _, part := range word.Parts { // which expand leaves as they are
		if lit, ok := part.(*syntax.Lit); ok {
			lit.Value = escaped.ReplaceAllString(lit.Value, "$1")
		}
	}
	return expand.Literal(&expand.Config{Env: expand.FuncEnviron(func(name string) string {
		return "$" + name
	})}, word)
}

// short are the long names of curl's short options.
var short = map[byte]string{
	'X': "request", 'H': "header", 'd': "data", 'F': "form", 'u': "user", 'b': "cookie", 'A': "user-agent", 'e': "referer",
	'G': "get", 'I': "head", 'k': "insecure", 'L': "location", 's': "silent", 'S': "show-error", 'v': "verbose", 'i': "include",
	'f': "fail", 'o': "output", 'O': "remote-name", 'm': "max-time", 'x': "proxy", 'w': "write-out", 'c': "cookie-jar", 'T': "upload-file",
	'E': "cert", 'g': "globoff", 'N': "no-buffer", '4': "ipv4", '6': "ipv6", '#': "progress-bar", 'J': "remote-header-name",
	'j': "junk-session-cookies", 'n': "netrc", 'q': "disable", 'r': "range", 'y': "speed-time", 'Y': "speed-limit", 'z': "time-cond",
	'K': "config", 'D': "dump-header", 'C': "continue-at", 'p': "proxytunnel", 'U': "proxy-user", 'P': "ftp-port", 'Q': "quote", 't': "telnet-option", 'a': "append", 'B': "use-ascii", 'l': "list-only", '0': "http1.0", '1': "tlsv1", '2': "sslv2", '3': "sslv3", ':': "next",
}

// quiet are options that change nothing in what the target gets.
var quiet = map[string]bool{
	"silent": true, "show-error": true, "verbose": true, "include": true, "fail": true, "fail-with-body": true, "output": true, "remote-name": true,
	"write-out": true, "compressed": true, "location": true, "insecure": true, "user-agent": true, "referer": true, "no-buffer": true,
	"progress-bar": true, "globoff": true, "cookie-jar": true, "dump-header": true, "http1.1": true, "http2": true, "no-progress-meter": true,
	"retry": true, "retry-delay": true, "retry-max-time": true, "ipv4": true, "ipv6": true, "tcp-nodelay": true, "location-trusted": true,
	"path-as-is": true, "remote-header-name": true, "max-redirs": true, "stderr": true, "trace": true, "trace-ascii": true, "no-keepalive": true, "keepalive-time": true, "disable": true, "parallel": true, "output-dir": true, "create-dirs": true,
}

// A curled is one curl command being read.
type curled struct {
	method  string
	urls    []string
	header  []pair
	data    []string
	parts   []part
	get     bool
	isJSON  bool
	queries []string
}

// curl reads the arguments of one command.
func curl(args []string, n *notes) ([]*exchange, error) {
	var all []*exchange
	var c curled
	flush := func() error {
		made, err := c.exchanges()
		all = append(all, made...)
		c = curled{}
		return err
	}
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		name, value := "", ""
		switch {
		case arg == "--":
			c.urls = append(c.urls, args...)
			args = nil
			continue
		case strings.HasPrefix(arg, "--"):
			name, value, _ = strings.Cut(arg[2:], "=") // curl itself has no --name=value
			if !known(name) {
				if value == "" {
					args = unknown(arg, args, n)
				} else {
					n.add("curl's --%s is not known and left out, with its value", name)
				}
				continue
			}
			if valued[name] && value == "" {
				if len(args) == 0 {
					return nil, fmt.Errorf("curl's --%s has no value", name)
				}
				value, args = args[0], args[1:]
			}
		case len(arg) > 1 && arg[0] == '-':
			name = short[arg[1]]
			switch rest := arg[2:]; {
			case name == "" && rest != "":
				n.add("curl's -%c is not known and left out, with what stands behind it", arg[1])
				continue
			case name == "":
				args = unknown(arg, args, n)
				continue
			case valued[name] && rest != "":
				value = rest
			case valued[name]:
				if len(args) == 0 {
					return nil, fmt.Errorf("curl's -%c has no value", arg[1])
				}
				value, args = args[0], args[1:]
			case rest != "":
				args = append([]string{"-" + rest}, args...) // -sSL
			}
		default:
			c.urls = append(c.urls, arg)
			continue
		}
		if name == "next" {
			if err := flush(); err != nil {
				return nil, err
			}
			continue
		}
		if err := c.option(name, value, n); err != nil {
			return nil, err
		}
	}
	err := flush()
	return all, err
}

// option reads one of curl's options.
func (c *curled) option(name, value string, n *notes) error {
	switch name {
	case "request":
		c.method = strings.ToUpper(value)
	case "header":
		field, text, ok := strings.Cut(value, ":")
		if !ok {
			field, text = strings.TrimSuffix(value, ";"), ""
		}
		c.header = append(c.header, pair{strings.TrimSpace(field), strings.TrimSpace(text)})
	case "data", "data-ascii", "data-binary", "json":
		if strings.HasPrefix(value, "@") {
			return fmt.Errorf("the file %s is not read — write its text in place of it", oneLine(value[1:]))
		}
		if name == "json" {
			c.isJSON = true
		}
		c.data = append(c.data, value)
	case "data-raw":
		c.data = append(c.data, value)
	case "data-urlencode":
		c.data = append(c.data, encoded(value))
	case "url-query":
		c.queries = append(c.queries, encoded(strings.TrimPrefix(value, "+")))
	case "form", "form-string":
		field, text, ok := strings.Cut(value, "=")
		if !ok {
			return fmt.Errorf("curl's --%s %q has no =", name, value)
		}
		p := part{name: field, value: text}
		if name == "form" {
			settings := strings.Split(text, ";")
			p.value = settings[0]
			for _, s := range settings[1:] {
				switch key, set, _ := strings.Cut(strings.TrimSpace(s), "="); key {
				case "type":
					p.mime = set
				case "filename":
					p.file = strings.Trim(set, `"`)
				default:
					p.value += ";" + s
				}
			}
			if strings.HasPrefix(p.value, "@") {
				p.file, p.value = cmp.Or(p.file, path.Base(p.value[1:])), ""
			}
			p.value = strings.Trim(p.value, `"`)
		}
		c.parts = append(c.parts, p)
	case "user":
		user, password, _ := strings.Cut(value, ":")
		c.header = append(c.header, pair{"Authorization", "Basic " + basicText(user, password)})
	case "oauth2-bearer":
		c.header = append(c.header, pair{"Authorization", "Bearer " + value})
	case "cookie":
		if !strings.Contains(value, "=") {
			return fmt.Errorf("the file of cookies %s is not read — write name=value", oneLine(value))
		}
		c.header = append(c.header, pair{"Cookie", value})
	case "get":
		c.get = true
	case "head":
		c.method = "HEAD"
	case "url":
		c.urls = append(c.urls, value)
	case "max-time", "connect-timeout":
		n.add("curl's --%s is a flag of the run here: --%s", name, map[string]string{"max-time": "timeout", "connect-timeout": "connect-timeout"}[name])
	case "insecure":
		n.add("the command accepts any certificate: run with --insecure")
	case "cert", "key", "cacert", "proxy":
		n.add("curl's --%s is a flag of the run here, of the same name", name)
	case "config", "upload-file", "unix-socket", "aws-sigv4", "netrc":
		return fmt.Errorf("curl's --%s is not understood", name)
	default:
		if !quiet[name] {
			n.add("curl's --%s is left out", name)
		}
	}
	return nil
}

// encoded returns what --data-urlencode makes of its value.
func encoded(value string) string {
	if name, text, ok := strings.Cut(value, "="); ok {
		if name == "" {
			return url.QueryEscape(text)
		}
		return name + "=" + url.QueryEscape(text)
	}
	return url.QueryEscape(value)
}

// exchanges returns the requests of the command read.
func (c *curled) exchanges() (all []*exchange, err error) {
	if len(c.urls) == 0 {
		return nil, errors.New("the curl command has no URL")
	}
	for _, raw := range c.urls {
		if !strings.Contains(raw, "://") {
			raw = "http://" + raw
		}
		u, err := parseURL(raw)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return nil, fmt.Errorf("%q is not the URL of a website", oneLine(raw))
		}
		for _, q := range c.queries {
			u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+q, "&")
		}
		e := &exchange{method: c.method, url: u, header: c.header, parts: c.parts}
		joint := "&"
		if c.isJSON {
			joint = ""
		}
		data := strings.Join(c.data, joint)
		if c.get {
			u.RawQuery = strings.TrimPrefix(u.RawQuery+"&"+data, "&")
			data = ""
		}
		e.body = []byte(data)
		switch {
		case e.method != "":
		case len(data) > 0 || len(c.data) > 0 && !c.get || len(c.parts) > 0:
			e.method = "POST"
		default:
			e.method = "GET"
		}
		if !methodForm.MatchString(e.method) {
			return nil, fmt.Errorf("%q is no method", oneLine(e.method))
		}
		if c.isJSON {
			e.header = append(e.header[:len(e.header):len(e.header)], pair{"Content-Type", "application/json"})
		} else if len(data) > 0 && field(e.header, "Content-Type") == "" {
			mime := "application/x-www-form-urlencoded"
			if json.Valid(e.body) && strings.HasPrefix(data, "{") {
				mime = "application/json" // what was meant
			}
			e.header = append(e.header[:len(e.header):len(e.header)], pair{"Content-Type", mime})
		}
		all = append(all, e)
	}
	return all, nil
}

// Read reads at most as much as is made a scenario of.
func Read(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, Most+1))
	if err == nil && len(data) > Most {
		return nil, fmt.Errorf("it is larger than %d MB — record less at a time", Most>>20)
	}
	return data, err
}
