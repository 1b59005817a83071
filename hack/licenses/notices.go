package main

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

const rule = "================================================================================\n"

// notices are what goes along with a program: the modules in it, and each of their texts
// once, below the names of all who have it.
func notices(modules []*module) []byte {
	var out bytes.Buffer
	out.WriteString("Access Notifier is under the Apache License 2.0. These modules of others are linked into it\n" +
		"or otherwise part of what is handed out. Their licences and notices follow.\n\n")
	for _, m := range modules {
		fmt.Fprintf(&out, "%s %s: %s\n", m.Path, m.Version, m.License)
	}
	for _, group := range grouped(modules) {
		out.WriteString("\n" + rule)
		for _, name := range group.names {
			out.WriteString(name + "\n")
		}
		out.WriteString(rule + "\n" + group.content + "\n")
	}
	return out.Bytes()
}

// group is a text with the files that have it.
type group struct {
	names   []string
	content string
}

// grouped returns the texts in the order of the first file that has each.
func grouped(modules []*module) []group {
	byContent := map[string]*group{}
	for _, m := range modules {
		for _, t := range m.texts {
			content := normalize(t.content)
			if byContent[content] == nil {
				byContent[content] = &group{content: content}
			}
			byContent[content].names = append(byContent[content].names, m.Path+"/"+t.name)
		}
	}
	groups := make([]group, 0, len(byContent))
	for _, g := range slices.SortedFunc(maps.Values(byContent), func(a, b *group) int { return cmp.Compare(a.names[0], b.names[0]) }) {
		groups = append(groups, *g)
	}
	return groups
}

// normalize leaves the words of a text alone: it drops what editors put around lines.
func normalize(content []byte) string {
	lines := strings.Split(strings.ReplaceAll(string(content), "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
