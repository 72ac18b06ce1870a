package traffic

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi2conv"
	"github.com/getkin/kin-openapi/openapi3"
	"go.yaml.in/yaml/v4"
)

// OpenAPI makes a scenario of an OpenAPI file, 3.0 or 3.1, or of a Swagger file, 2.0, in
// JSON or YAML: a task for each operation.
func OpenAPI(data []byte, o Options) (result *Result, err error) {
	defer func() {
		if r := recover(); r != nil { // a library met what it had not thought of
			result, err = nil, fmt.Errorf("the OpenAPI file cannot be understood: %v", r)
		}
	}()
	doc, err := readOpenAPI(data)
	if err != nil {
		return nil, err
	}
	var n notes
	r := newRecorder(o, &n, "made of an OpenAPI file")
	r.home = &url.URL{}
	r.weighted = true
	if doc.Info != nil {
		r.help = oneLine(doc.Info.Title)
	}
	d := &description{recorder: r, doc: doc}
	d.server()
	d.operations()
	for _, at := range d.listed {
		d.name(at)
	}
	d.resources()
	d.vanishing()
	for _, at := range d.listed {
		d.operation(at)
	}
	d.settleNeeds()
	if len(r.methods) == 0 {
		return nil, errors.New("the OpenAPI file has no operation to make a task of")
	}
	r.share()
	r.script.carries = d.carries
	return r.write(&n)
}

// readOpenAPI reads a file of any version. Files that it refers to are not read.
func readOpenAPI(data []byte) (*openapi3.T, error) {
	var tree any
	if err := yaml.Unmarshal(data, &tree); err != nil {
		return nil, fmt.Errorf("neither YAML nor JSON: %s", oneLine(err.Error()))
	}
	top, _ := tree.(map[string]any)
	version, isOld := top["swagger"]
	if !isOld {
		version = top["openapi"]
	}
	loader := openapi3.NewLoader()
	switch {
	case version == nil && top["log"] != nil:
		return nil, errors.New("no OpenAPI file, but maybe a HAR file — write import har")
	case version == nil && top["item"] != nil:
		return nil, errors.New("no OpenAPI file, but maybe a collection of Postman's — convert it to OpenAPI first")
	case version == nil:
		return nil, errors.New("no OpenAPI file: it says neither openapi: 3.x nor swagger: 2.0")
	case isOld && strings.HasPrefix(fmt.Sprint(version), "2"): // YAML reads 2.0 as a number
		return readSwagger(tree, loader)
	case isOld || !strings.HasPrefix(fmt.Sprint(version), "3"):
		return nil, fmt.Errorf("it is of version %s, and only OpenAPI 3.0, 3.1 and Swagger 2.0 are understood — convert it first", oneLine(fmt.Sprint(version)))
	}
	doc, err := loader.LoadFromData(data)
	if err != nil {
		return nil, fmt.Errorf("the OpenAPI file cannot be read: %s", oneLine(err.Error()))
	}
	return doc, nil
}

// readSwagger makes one of version 3 of a file of version 2.
func readSwagger(tree any, loader *openapi3.Loader) (*openapi3.T, error) {
	text, err := json.Marshal(tree)
	if err != nil {
		return nil, fmt.Errorf("not a Swagger file: %s", oneLine(err.Error()))
	}
	var old openapi2.T
	if err := json.Unmarshal(text, &old); err != nil {
		return nil, fmt.Errorf("not a Swagger file: %s", oneLine(err.Error()))
	}
	doc, err := openapi2conv.ToV3WithLoader(&old, loader, nil)
	if err != nil {
		return nil, fmt.Errorf("not a Swagger file: %s", oneLine(err.Error()))
	}
	return doc, nil
}

// A description is an OpenAPI file that becomes a script.
type description struct {
	*recorder
	doc     *openapi3.T
	prefix  string // of all paths
	listed  []*operation
	carries []*carried
	kept    map[string]*resource // by collection
}

func (d *description) server() {
	if len(d.doc.Servers) == 0 {
		d.notes.add("the file names no server: give one with --host")
		return
	}
	raw := d.doc.Servers[0].URL
	for name, v := range d.doc.Servers[0].Variables {
		if v != nil {
			raw = strings.ReplaceAll(raw, "{"+name+"}", v.Default)
		}
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		d.notes.add("the server %q is no URL: give one with --host", raw)
		return
	case u.Host == "":
		d.notes.add("the file says not on which host the API is: give one with --host")
	case u.Scheme != "http" && u.Scheme != "https":
		d.notes.add("the server %q is not HTTP: give one with --host", raw)
		return
	default:
		d.host = u.Scheme + "://" + u.Host
	}
	d.prefix = strings.TrimSuffix(u.EscapedPath(), "/")
	if d.prefix != "" && d.prefix[0] != '/' {
		d.prefix = "/" + d.prefix
	}
}

var weights = map[string]int{"GET": 10, "HEAD": 5, "POST": 3, "PUT": 2, "PATCH": 2, "DELETE": 1}

func (d *description) operations() {
	if d.doc.Paths == nil {
		return
	}
	paths := d.doc.Paths.Map()
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		item := paths[path]
		if item == nil {
			continue
		}
		operations := item.Operations()
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"} {
			op := operations[method]
			delete(operations, method)
			if op == nil {
				continue
			}
			if len(d.listed) == mostCalls/4 {
				d.notes.add("only the first %d operations become tasks", mostCalls/4)
				return
			}
			d.note(path, method, item, op)
		}
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			d.notes.add("%s %s is left out", method, path)
		}
	}
	if len(d.doc.Webhooks) > 0 {
		d.notes.add("webhooks are left out: they are sent by the target")
	}
}
