package load_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gregaria/gregaria/engine/load"
)

// rowsOf returns all rows of a source, in order.
func rowsOf[T any](t *testing.T, source load.Source) ([]T, error) {
	t.Helper()
	f := load.Feed[T]{Name: "f", Source: source, Policy: load.Circular}
	opened, err := f.Open()
	if err != nil {
		return nil, err
	}
	u := fed(t, 1, f, opened)
	var list []T
	for range opened.Len() {
		row, err := f.Of(u.User)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, row)
	}
	return list, nil
}

// An order has a column of every kind.
type order struct {
	ID      uint16    `csv:"id"`
	Price   float64   `csv:"price"`
	Paid    bool      `csv:"paid"`
	When    time.Time `csv:"when"`
	Note    *string   `csv:"note"`
	Remarks string    // a column of its own name
	Ignored int       `csv:"-"`
}

func TestCSVFilesAreRead(t *testing.T) {
	t.Chdir(t.TempDir())
	type word struct {
		Word string `csv:"word"`
	}
	accounts := []account{{"ann", "x,y", 7}, {"bob", "", 0}}
	note := "n"
	when := time.Date(2024, 5, 6, 7, 8, 9, 0, time.UTC)
	long := strings.Repeat("x", 2<<20)
	for _, tt := range []struct {
		name, text string
		want       any
	}{
		{"plain", "name,password,age\nann,\"x,y\",7\nbob,,\n", accounts},
		{"columns in another order", "age,name,password\n7,ann,\"x,y\"\n,bob,\n", accounts},
		{"a byte order mark and CRLF", "\ufeffname,password,age\r\nann,\"x,y\",7\r\nbob,,\r\n", accounts},
		{"no new line at the end", "name,password,age\nann,\"x,y\",7\nbob,,", accounts},
		{"empty lines", "\n\nname,password,age\n\nann,\"x,y\",7\n\nbob,,\n\n", accounts},
		{"space around names", " name ,password\t, age\nann,\"x,y\",7\nbob,,\n", accounts},
		{"quotes and line ends in a field", "name,password,age\n\"a \"\"b\"\"\",\"c\nd\",1\n", []account{{`a "b"`, "c\nd", 1}}},
		{"space in a field", "name,password,age\n ann , x ,1\n", []account{{" ann ", " x ", 1}}},
		{"every kind", "id,price,paid,when,note,Remarks\n65535,0.5,true,2024-05-06T07:08:09Z,n,r\n0,-1e3,false,2024-05-06T07:08:09Z,,\n",
			[]order{{ID: 65535, Price: 0.5, Paid: true, When: when, Note: &note, Remarks: "r"}, {Price: -1000, When: when}}},
		{"a map", "name,any thing,\"x,y\"\nann,2,3\n", []map[string]string{{"name": "ann", "any thing": "2", "x,y": "3"}}},
		{"one column", "word\nsea\nshell\n", []word{{"sea"}, {"shell"}}},
		{"a huge line", "word\n" + long + "\nb\n", []word{{long}, {"b"}}},
	} {
		write(t, "f.csv", tt.text)
		var got any
		var err error
		switch tt.want.(type) {
		case []account:
			got, err = rowsOf[account](t, load.CSVFile("f.csv"))
		case []order:
			got, err = rowsOf[order](t, load.CSVFile("f.csv"))
		case []word:
			got, err = rowsOf[word](t, load.CSVFile("f.csv"))
		default:
			got, err = rowsOf[map[string]string](t, load.CSVFile("f.csv"))
		}
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %.200v, %v; want %.200v", tt.name, got, err, tt.want)
		}
	}
}

func TestCSVFilesSayWhatIsWrongWhere(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, tt := range []struct{ text, want string }{
		{"", "f.csv: the file is empty: want a line that names the columns, and rows"},
		{"\ufeff\n\n", "f.csv: the file is empty"},
		{"name,password,age\n", "f.csv: there are no rows below the header"},
		{"name,password,age\nann,x,1\nbob,y\n", "f.csv:3: 2 fields, want 3 (name,password,age)"},
		{"name,password,age\nann,x,1\n\"b\nb\",y,1\nbob\n", "f.csv:5: 1 field, want 3 (name,password,age)"},
		{"name,password,age\nann,x,1,2\n", "f.csv:2: 4 fields, want 3 (name,password,age)"},
		{"name,password,age\nann,x,1\n\nbob,y,old\n", `f.csv:4: column age is "old", want int`},
		{"name,password,age\nann,x,1.5\n", `f.csv:2: column age is "1.5", want int`},
		{"name,password,age\nann,x,99999999999999999999\n", `f.csv:2: column age is "99999999999999999999", want int`},
		{"\nname,password,name,age\n", "f.csv:2: two columns are named name"},
		{"name,password,age,\nann,x,1,\n", "f.csv:1: column 4 has no name"},
		{"name,password,age,rolle\nann,x,1,a\n", "f.csv:1: no field of load_test.account takes column rolle: it takes name,password,age"},
		{"name,pasword,age\nann,x,1\n", "f.csv:1: there is no column password, which load_test.account takes: the columns are name,pasword,age"},
		{"name;password;age\nann;x;1\n", `f.csv:1: the only column is "name;password;age": want commas between columns`},
		{"name\tpassword\n", `f.csv:1: the only column is "name\tpassword": want commas between columns`},
		{"name,password,age\nann,\"x,1\nbob,y,2\n", `f.csv:2: a field that begins with " must end with one: write a " within it as ""`},
		{"name,password,age\nann,\"x\"y,1\n", `f.csv:2: a field that begins with " must end with one: write a " within it as ""`},
		{"name,password,age\nann,x,1\nb\"b,y,1\n", `f.csv:3: a field has a " in it: put the whole field in quotes and write the " as ""`},
		{"na\"me,password,age\nann,x,1\n", `f.csv:1: a field has a " in it`},
		{"\xff\xfen\x00a\x00", "f.csv: the text is UTF-16: save it as UTF-8"},
	} {
		write(t, "f.csv", tt.text)
		_, err := rowsOf[account](t, load.CSVFile("f.csv"))
		if want := "feed f: " + tt.want; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v, want %s", tt.text, err, want)
		}
	}

	write(t, "f.csv", "id,price,paid,when,note,Remarks\n1,0.5,true,yesterday,n,r\n")
	if _, err := rowsOf[order](t, load.CSVFile("f.csv")); err == nil || !strings.HasPrefix(err.Error(), `feed f: f.csv:2: column when: parsing time "yesterday"`) {
		t.Errorf("a column that is no time: %v", err)
	}
	write(t, "f.csv", "C\nx\n")
	if _, err := rowsOf[struct{ C chan int }](t, load.CSVFile("f.csv")); err == nil || err.Error() != "feed f: f.csv:2: a field of type chan int cannot take a column" {
		t.Errorf("a field that can take no column: %v", err)
	}
	write(t, "f.csv", "a;b\n1;2\n")
	if _, err := rowsOf[map[string]string](t, load.CSVFile("f.csv")); err == nil || !strings.Contains(err.Error(), "want commas") {
		t.Errorf("a map of one column that are two: %v", err)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	here := t.TempDir()
	t.Chdir(here)
	if wd, err := os.Getwd(); err == nil {
		here = wd
	}
	for _, source := range []load.Source{load.CSVFile("data/none"), load.JSONFile("data/none")} {
		_, err := rowsOf[account](t, source)
		want := "feed f: open data/none: no such file or directory (the working directory is " + here + ")"
		if err == nil || err.Error() != want || !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("a file that is not there: %v, want %s", err, want)
		}
	}
	if err := os.Mkdir("dir", 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := rowsOf[account](t, load.CSVFile("dir")); err == nil || !strings.HasPrefix(err.Error(), "feed f: read dir: is a directory") {
		t.Errorf("a directory: %v", err)
	}
	write(t, filepath.Join(here, "absolute.csv"), "name,password,age\nann,x,1\n")
	t.Chdir(t.TempDir())
	if got, err := rowsOf[account](t, load.CSVFile(filepath.Join(here, "absolute.csv"))); err != nil || len(got) != 1 {
		t.Errorf("an absolute path: %v, %v; want one row", got, err)
	}
}

func TestJSONFilesAreRead(t *testing.T) {
	t.Chdir(t.TempDir())
	accounts := []account{{"ann", "x,y", 7}, {"bob", "", 0}}
	for _, tt := range []struct {
		name, text string
		want       any
	}{
		{"an array", `[{"name":"ann","password":"x,y","age":7},{"name":"bob"}]`, accounts},
		{"an array over lines", " \n[\n{\"name\":\"ann\",\"password\":\"x,y\",\"age\":7},\n\n{\"name\":\"bob\"}\n]\n\n", accounts},
		{"one row a line", "{\"name\":\"ann\",\"password\":\"x,y\",\"age\":7}\n{\"name\":\"bob\"}\n", accounts},
		{"one row after the other", "{\"name\":\"ann\",\n\"password\":\"x,y\",\"age\":7}{\"name\":\"bob\"}", accounts},
		{"a byte order mark and CRLF", "\ufeff{\"name\":\"ann\",\"password\":\"x,y\",\"age\":7}\r\n\r\n{\"name\":\"bob\"}\r\n", accounts},
		{"unknown fields", `[{"name":"ann","password":"x,y","age":7,"role":{"a":[]}},{"name":"bob"}]`, accounts},
		{"numbers", "1\n2 3", []int{1, 2, 3}},
		{"arrays in an array", "[[1],[2,3]]", [][]int{{1}, {2, 3}}},
	} {
		write(t, "f.json", tt.text)
		var got any
		var err error
		switch tt.want.(type) {
		case []account:
			got, err = rowsOf[account](t, load.JSONFile("f.json"))
		case []int:
			got, err = rowsOf[int](t, load.JSONFile("f.json"))
		default:
			got, err = rowsOf[[]int](t, load.JSONFile("f.json"))
		}
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: %v, %v; want %v", tt.name, got, err, tt.want)
		}
	}
}

func TestJSONFilesSayWhatIsWrongWhere(t *testing.T) {
	t.Chdir(t.TempDir())
	many := strings.Repeat("{\"name\":\"ann\"},\n", 1000)
	for _, tt := range []struct{ text, want string }{
		{"", "f.json: the file is empty: want an array of rows, or one row after the other"},
		{" \n\t", "f.json: the file is empty"},
		{"[]", "f.json: the array has no rows"},
		{"[{\"name\":\"ann\"},\n{\"name\":\"bob\",\n\"age\":\"old\"}]", "f.json:3: field age is string, want int"},
		{"{\"name\":\"ann\"}\n\n{\"name\":\"bob\",\n\"age\":1.5}", "f.json:4: field age is number 1.5, want int"},
		{"[{\"name\":\"ann\"},\n7]", "f.json:2: the row is number, want load_test.account"},
		{"[{\"name\":\"ann\"},\nnull]", "f.json:2: the row is null"},
		{"{\"name\":\"ann\"}\nnull\n", "f.json:2: the row is null"},
		{"[" + many + "{\"name\" \"ann\"}]", "f.json:1001: invalid character '\"' after object key"},
		{"[\n{\"name\":\"ann\"}\n{\"name\":\"bob\"}]", "f.json:3: invalid character '{' after array element"},
		{"[\n{\"name\":\"ann\"},\n]", "f.json:3: invalid character ']' looking for beginning of value"},
		{"[{\"name\":\"ann\"}]\n\n7", "f.json:3: invalid character '7' after top-level value"},
		{"[\n{\"name\":\"ann\"}\n", "f.json:2: unexpected end of JSON input"},
		{"{\"name\":\"ann\"}\n{\"name\":\n", "f.json:2: unexpected end of JSON input"},
		{"{\"name\":\"ann\"}\n}\n{\"name\":\"bob\"}", "f.json:2: invalid character '}' looking for beginning of value"},
		{"{\"name\":\"ann\nbob\"}", "f.json:1: invalid character '\\n' in string literal"},
		{"{\"name\":\"ann\"},\n{\"name\":\"bob\"}", "f.json:1: invalid character ',' looking for beginning of value"},
		{"name,password\n", "f.json:1: invalid character 'a' in literal null (expecting 'u')"},
		{"\xfe\xff\x00[", "f.json: the text is UTF-16: save it as UTF-8"},
	} {
		write(t, "f.json", tt.text)
		_, err := rowsOf[account](t, load.JSONFile("f.json"))
		if want := "feed f: " + tt.want; err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%.60q: %v, want %s", tt.text, err, want)
		}
	}
	write(t, "f.json", "[\n\"2024-05-06T07:08:09Z\",\n\"yesterday\"]")
	if _, err := rowsOf[time.Time](t, load.JSONFile("f.json")); err == nil || !strings.HasPrefix(err.Error(), `feed f: f.json:3: parsing time`) {
		t.Errorf("a row that is no time: %v", err)
	}
}

func FuzzFilesAreReadOrRefused(f *testing.F) {
	for _, text := range []string{"name,password,age\nann,x,1\n", "\"a\nb", "[{\"name\":\"a\"}]", "{}{}", "[null]", "\ufeff", "a;b\n", "[1", "{\"age\":\"x\"}"} {
		f.Add(text)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		path := filepath.Join(dir, "f")
		write(t, path, text)
		for _, source := range []load.Source{load.CSVFile(path), load.JSONFile(path)} {
			for _, feed := range []load.Feeder{
				load.Feed[account]{Name: "f", Source: source}, load.Feed[map[string]string]{Name: "f", Source: source},
			} {
				rows, err := feed.Open()
				if err == nil && rows.Len() < 1 {
					t.Errorf("%q as %T: no rows and no error", text, source)
				}
				if err != nil && !strings.Contains(err.Error(), path) {
					t.Errorf("%q as %T: %v, which does not name the file", text, source, err)
				}
			}
		}
	})
}
