// Command chart writes what can be derived from a Helm chart's values.yaml: its
// values.schema.json, and README.md from README.md.tmpl. The comments in
// values.yaml say what a value means; a line that begins with @schema adds to the
// schema of the value below it.
package main

import (
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: chart DIRECTORY")
		os.Exit(2)
	}
	if err := generate(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "chart:", err)
		os.Exit(1)
	}
}

// generate writes the files of the chart in dir.
func generate(dir string) error {
	chart := os.DirFS(dir)
	root, err := readValues(chart)
	if err != nil {
		return err
	}
	schema, err := schemaOf(root, chart)
	if err != nil {
		return err
	}
	readme, err := readmeOf(root, chart)
	if err != nil {
		return err
	}
	for name, content := range map[string][]byte{"values.schema.json": schema, "README.md": readme} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o644); err != nil { //nolint:gosec // a public file
			return err
		}
	}
	return nil
}
