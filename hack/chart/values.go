package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A comment has lines for the schema, which begin with marker, and then words for readers,
// which begin as helm-docs wants it.
const (
	marker  = "@schema "
	forDocs = "-- "
)

// value is a value in values.yaml.
type value struct {
	name        string
	path        string
	description string
	// schema is what the comment adds to the schema.
	schema map[string]any
	node   *yaml.Node
	// members are the documented values in a map.
	members []*value
}

// readValues reads a chart's values.yaml. The result stands for the whole file.
func readValues(chart fs.FS) (*value, error) {
	content, err := fs.ReadFile(chart, "values.yaml")
	if err != nil {
		return nil, err
	}
	var document yaml.Node
	if err := yaml.Unmarshal(content, &document); err != nil {
		return nil, fmt.Errorf("reading values.yaml: %w", err)
	}
	if len(document.Content) != 1 || document.Content[0].Kind != yaml.MappingNode {
		return nil, errors.New("values.yaml is no map")
	}
	root := &value{node: document.Content[0]}
	return root, root.readMembers(false)
}

// readMembers reads what is in a map. In an open one, which may hold more, defaults need no
// comment.
func (v *value) readMembers(open bool) error {
	for i := 0; i < len(v.node.Content); i += 2 {
		key := v.node.Content[i]
		member := &value{
			name: key.Value,
			path: strings.TrimPrefix(v.path+"."+key.Value, "."),
			node: v.node.Content[i+1],
		}
		if err := member.read(key.HeadComment, open); err != nil {
			return fmt.Errorf("%s: %w", member.path, err)
		}
		if !open || member.documented() {
			v.members = append(v.members, member)
		}
	}
	return nil
}

func (v *value) documented() bool { return v.description != "" || len(v.members) > 0 }

// read reads the comment and the members of a value, which may be in an open map.
func (v *value) read(comment string, optional bool) error {
	var words []string
	for line := range strings.Lines(comment) {
		text := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "#"))
		facts, ok := strings.CutPrefix(text, marker)
		if !ok {
			words = append(words, strings.TrimPrefix(text, forDocs))
			continue
		}
		if err := json.Unmarshal([]byte(facts), &v.schema); err != nil {
			return fmt.Errorf("reading what it says for the schema: %w", err)
		}
	}
	v.description = strings.TrimSpace(strings.Join(words, " "))
	_, open := v.schema["additionalProperties"]
	open = open || optional
	if v.node.Kind == yaml.MappingNode {
		if len(v.node.Content) == 0 && !open {
			return errors.New("say in additionalProperties what the map may hold")
		}
		if err := v.readMembers(open); err != nil {
			return err
		}
	}
	if !v.documented() && !optional {
		return errors.New("it has no comment")
	}
	return nil
}
