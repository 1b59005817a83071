package message

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// wordy finds a word; colours are none.
var wordy = regexp.MustCompile(`\pL`)
var colour = regexp.MustCompile(`^#[0-9a-f]{6}$`)

// TestEveryWordStandsHere looks for words in what places the parts of a message: what a
// reader sees would differ between messengers, and would have to be looked for.
func TestEveryWordStandsHere(t *testing.T) {
	var files []string
	for _, name := range []string{"render.go", "richtext.go", "text.go"} {
		found, err := filepath.Glob(filepath.Join("..", "messenger", "*", name))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 3 {
		t.Fatalf("only %q place the parts of a message", files)
	}
	for _, file := range files {
		for _, leak := range words(t, file) {
			t.Errorf("%s says %s: move it to internal/message/words.go", file, leak)
		}
	}
}

// TestNoWordIsSaidBesides looks for words in this package: all but the listed ones, which no
// reader sees or which are the same in every language, stand in the catalogue.
func TestNoWordIsSaidBesides(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	// What names.go has is read by programs.
	catalogues := []string{"words.go", "names.go", "german.go", "spanish.go", "french.go", "japanese.go", "korean.go"}
	var found []string
	for _, file := range files {
		if !slices.Contains(catalogues, file) && !strings.HasSuffix(file, "_test.go") {
			found = append(found, words(t, file)...)
		}
	}
	slices.Sort(found)
	want := []string{
		`"%d"`, `"/web/accesslists"`, `"/web/requests/"`, `"MST"`, `"Ref "`, `"UTC-07:00"`,
		`"an entry of the catalogue is malformed: "`, `"de"`, `"en"`, `"es"`, `"fr"`, `"https"`, `"https://"`, `"ja"`, `"ko"`,
		`"message cannot be encoded: "`,
		`"must be an address that begins with https:// and holds {id}, such as https://teleport.example.com/web/requests/{id}"`, `"review cannot be encoded: "`,
		`"tctl request approve "`, `"tctl request deny "`, `"tsh request review --approve "`, `"tsh request review --deny "`,
		`"{cluster}"`, `"{id}"`, "`" + linkTemplate.String() + "`",
	}
	if diff := cmp.Diff(want, slices.Compact(found)); diff != "" {
		t.Errorf("strings of the package (-want +got):\n%s", diff)
	}
}

// words returns the strings in a file's code that hold letters. Imports and tags are no
// code.
func words(t *testing.T, file string) []string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ImportSpec, *ast.StructType:
			return false
		case *ast.BasicLit:
			text, err := strconv.Unquote(n.Value)
			if n.Kind == token.STRING && err == nil && wordy.MatchString(text) && !colour.MatchString(text) {
				found = append(found, n.Value)
			}
		}
		return true
	})
	return found
}
