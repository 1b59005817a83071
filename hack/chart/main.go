// Command chart writes a Helm chart's values.schema.json from its values.yaml. The
// comments there say what a value means; a line that begins with @schema adds to the
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

// generate writes the schema of the chart in dir.
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
	return os.WriteFile(filepath.Join(dir, "values.schema.json"), schema, 0o644) //nolint:gosec // a public file
}
