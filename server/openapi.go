package server

import (
	_ "embed"
	"net/http"
)

// description is what there is to ask of the server, in OpenAPI's words.
//
//go:embed openapi.json
var description []byte

func describe(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(description)
}
