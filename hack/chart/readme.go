package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io/fs"
	"strings"
	"text/template"

	sigsyaml "sigs.k8s.io/yaml"
)

// row is a line of the table of values.
type row struct {
	Path, Default, Description string
}

// readmeOf renders a chart's README.md.tmpl.
func readmeOf(root *value, chart fs.FS) ([]byte, error) {
	var data struct {
		Chart  map[string]any
		Values []row
	}
	about, err := fs.ReadFile(chart, "Chart.yaml")
	if err != nil {
		return nil, err
	}
	if err := sigsyaml.Unmarshal(about, &data.Chart); err != nil {
		return nil, fmt.Errorf("reading Chart.yaml: %w", err)
	}
	if data.Values, err = root.rows(); err != nil {
		return nil, err
	}
	readme, err := template.ParseFS(chart, "README.md.tmpl")
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = readme.Execute(&out, data)
	return out.Bytes(), err
}

// rows returns a row for the value, or for each value in it.
func (v *value) rows() ([]row, error) {
	if len(v.members) == 0 {
		fallback, err := v.fallback()
		if err != nil {
			return nil, err
		}
		return []row{{Path: v.path, Default: fallback, Description: strings.ReplaceAll(v.description, "|", `\|`)}}, nil
	}
	var all []row
	for _, member := range v.members {
		rows, err := member.rows()
		if err != nil {
			return nil, err
		}
		all = append(all, rows...)
	}
	return all, nil
}

// fallback returns the default as a reader may paste it.
func (v *value) fallback() (string, error) {
	var decoded any
	if err := v.node.Decode(&decoded); err != nil {
		return "", fmt.Errorf("reading the default of %s: %w", v.path, err)
	}
	encoded, err := json.Marshal(decoded)
	if err != nil {
		return "", fmt.Errorf("writing the default of %s: %w", v.path, err)
	}
	return "`" + string(encoded) + "`", nil
}
