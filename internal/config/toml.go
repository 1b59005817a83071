package config

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// maxSize is the most that a file may have. Real ones have a few KiB; the time to read one
// grows with the square of its keys.
const maxSize = 256 << 10

// byteOrderMark is what some editors begin a file with.
var byteOrderMark = []byte("\ufeff")

// decode reads TOML. It returns the values, and the lines of all keys by their paths.
func decode(name string, content []byte) (map[string]any, map[string]int, *Problem) {
	content = bytes.TrimPrefix(content, byteOrderMark)
	switch {
	case len(content) > maxSize:
		return nil, nil, &Problem{File: name, Message: fmt.Sprintf("The file is larger than %d KiB, so it cannot be a plugin's configuration", maxSize>>10)}
	case bytes.HasPrefix(content, []byte("\xff\xfe")), bytes.HasPrefix(content, []byte("\xfe\xff")):
		return nil, nil, &Problem{File: name, Line: 1, Message: "The file is in UTF-16: save it as UTF-8"}
	case !utf8.Valid(content):
		return nil, nil, &Problem{File: name, Line: invalidLine(content), Message: "The line is not UTF-8: save the file as UTF-8"}
	}
	var tree map[string]any
	if err := toml.Unmarshal(content, &tree); err != nil {
		return nil, nil, syntaxProblem(name, err)
	}
	return tree, keyLines(content), nil
}

func invalidLine(content []byte) int {
	line := 1
	for part := range bytes.Lines(content) {
		if !utf8.Valid(part) {
			break
		}
		line++
	}
	return line
}

// syntaxProblem describes an error of the parser, of which it takes only what repeats
// no value.
func syntaxProblem(name string, err error) *Problem {
	problem := &Problem{File: name, Message: "The file is not TOML"}
	if decodeError, ok := errors.AsType[*toml.DecodeError](err); ok {
		reason, _, _ := strings.Cut(strings.TrimPrefix(decodeError.Error(), "toml: "), ": strconv")
		problem.Line, _ = decodeError.Position()
		problem.Message = "The line is not TOML: " + reason
	}
	return problem
}

// maxPath bounds the keys whose lines are noted: those that have a meaning are in a section.
const maxPath = 3

// liner tells the lines of a parser's input. The parser itself would count them from the
// first one each time.
type liner struct {
	unstable.Parser
	// ends are where the lines end.
	ends []int
}

func newLiner(content []byte) *liner {
	l := &liner{}
	l.Reset(content)
	for i, b := range content {
		if b == '\n' {
			l.ends = append(l.ends, i)
		}
	}
	return l
}

// line returns the line that a part of the input begins in.
func (l *liner) line(r unstable.Range) int {
	before, _ := slices.BinarySearch(l.ends, int(r.Offset))
	return before + 1
}

// keyLines returns where each table and key begins. The content is TOML.
func keyLines(content []byte) map[string]int {
	lines := map[string]int{}
	parser := newLiner(content)
	var table []string
	for parser.NextExpression() {
		expression := parser.Expression()
		path, line := keyOf(parser, expression)
		switch expression.Kind {
		case unstable.Table, unstable.ArrayTable:
			table = path
		case unstable.KeyValue:
			path = append(table[:len(table):len(table)], path...)
			noteInline(parser, lines, path, expression.Value())
		default:
			continue
		}
		note(lines, path, line)
	}
	return lines
}

// noteInline notes the keys of an inline table.
func noteInline(parser *liner, lines map[string]int, path []string, value *unstable.Node) {
	if value.Kind != unstable.InlineTable || len(path) >= maxPath {
		return
	}
	for children := value.Children(); children.Next(); {
		child := children.Node()
		key, line := keyOf(parser, child)
		key = append(path[:len(path):len(path)], key...)
		noteInline(parser, lines, key, child.Value())
		note(lines, key, line)
	}
}

// note notes the line of a key, and of the tables that it is in. The first one counts.
func note(lines map[string]int, path []string, line int) {
	for i := range path[:min(len(path), maxPath)] {
		key := join(path[:i+1]...)
		if _, ok := lines[key]; !ok {
			lines[key] = line
		}
	}
}

func keyOf(parser *liner, node *unstable.Node) (path []string, line int) {
	for key := node.Key(); key.Next(); {
		part := key.Node()
		path = append(path, string(part.Data))
		if line == 0 {
			line = parser.line(part.Raw)
		}
	}
	return path, line
}

// join makes one text of a path.
func join(path ...string) string {
	return strings.Join(path, "\x00")
}
