package traffic

import (
	"fmt"
	"strings"
	"testing"

	"github.com/gregaria/gregaria/cmd/modtest"
)

func TestWhatAnswersHadIsCarriedOrSaid(t *testing.T) {
	t.Parallel()
	dir := modtest.New(t, "own")
	for i, tt := range []struct {
		claim  string
		visits []visit
		want   string // in the code
		not    string // in the code
		note   string
	}{
		{"a cursor", []visit{
			{method: "GET", path: "/api/products?page=1", answer: `{"items":[{"name":"a"}],"next":"c-77aa88bb99","total":40}`},
			{method: "GET", path: "/api/products?cursor=c-77aa88bb99", answer: `{}`},
		}, `load.Query("cursor", next2)`, "c-77aa88bb99", ""},
		{"a cursor without a digit", []visit{
			{method: "GET", path: "/api/products", answer: `{"page":{"endCursor":"YWJjZGVm"}}`},
			{method: "GET", path: "/api/products?after=YWJjZGVm", answer: `{}`},
		}, `load.Query("after", endCursor)`, "YWJjZGVm", ""},
		{"a sku", []visit{
			{method: "GET", path: "/products/4711", answer: `{"sku":"SK-99-QWE-1","title":"chair"}`},
			{method: "POST", path: "/cart", body: `{"sku":"SK-99-QWE-1","title":"chair","count":1}`, answer: `{}`},
		}, `"sku": productSku`, "SK-99-QWE-1", ""},
		{"a code of any name", []visit{
			{method: "GET", path: "/fares", answer: `[{"basket":"F-2231-AB"}]`},
			{method: "POST", path: "/book", body: `{"fare":"F-2231-AB"}`, answer: `{}`},
		}, `"fare": basket`, "F-2231-AB", ""},
		{"a short code of the same name", []visit{
			{method: "GET", path: "/plans", answer: `[{"plan":"pro2"}]`},
			{method: "POST", path: "/book", body: `{"plan":"pro2"}`, answer: `{}`},
		}, `"plan": plan`, "pro2", ""},
		{"an id that only a header has", []visit{
			{method: "POST", path: "/orders", body: `{"n":1}`, status: 201, answered: []harField{{"Location", "http://app.test/orders/98765"}}},
			{method: "GET", path: "/orders/98765", answer: `{}`},
		}, "path.Base(location)", "98765", ""},
		{"but not a word", []visit{
			{method: "GET", path: "/me", answer: `{"theme":"dark-mode","at":"2026-01-31T12:00:00Z"}`},
			{method: "POST", path: "/me", body: `{"theme":"dark-mode","at":"2026-01-31T12:00:00Z"}`, answer: `{}`},
		}, `"theme": "dark-mode"`, "answer.", ""},
		{"but not a number that means something else", []visit{
			{method: "GET", path: "/list", answer: `{"total":100}`},
			{method: "GET", path: "/list?limit=100", answer: `{}`},
		}, `load.Query("limit", "100")`, "answer.", ""},
		{"or said, in the script of a page", []visit{
			{method: "GET", path: "/shop", kind: "document", answer: `<script>var item = {no: "AB-12345-X", of: 77881}</script>`},
			{method: "POST", path: "/cart", body: `{"item":"AB-12345-X","product_id":77881}`, answer: `{}`},
		}, `"item": "AB-12345-X"`, "found", "POST /cart sends item as it was recorded, but the answer to GET /shop had it; POST /cart sends product_id as it was recorded, but the answer to GET /shop had it"},
		{"or said, in a link", []visit{
			{method: "GET", path: "/api/list", answer: `{"links":{"more":"/api/list?from=x-9f8e7d6c"}}`},
			{method: "GET", path: "/api/list?from=x-9f8e7d6c", answer: `{}`},
		}, `load.Query("from", "x-9f8e7d6c")`, "answer.", "sends from as it was recorded, but the answer to GET /api/list had it"},
	} {
		got, err := HAR(archive(t, tt.visits...), Options{Name: fmt.Sprint("app", i), Package: "own"})
		if err != nil {
			t.Errorf("%s: %v", tt.claim, err)
			continue
		}
		parses(t, got)
		modtest.Write(t, dir, got.File+".go", string(got.Scenario))
		modtest.Write(t, dir, got.File+"_test.go", string(got.Test))
		_, code, _ := strings.Cut(string(got.Scenario), "package own")
		if !strings.Contains(strings.Join(strings.Fields(code), " "), tt.want) || strings.Contains(code, tt.not) {
			t.Errorf("%s is carried: want %s and no %s in\n%s", tt.claim, tt.want, tt.not, code)
		}
		notes := strings.Join(got.Notes, "; ")
		for part := range strings.SplitSeq(tt.note, "; ") {
			if !strings.Contains(notes, part) || tt.note == "" && notes != "" {
				t.Errorf("%s: notes %q, want %q", tt.claim, notes, part)
			}
		}
	}
	modtest.Go(t, dir, "vet", ".")
	modtest.Go(t, dir, "test", ".")
}
