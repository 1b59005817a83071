// Command licenses finds the licences of all that is linked into the two programs, and
// refuses what may not be: licences that ask for more than that their text goes along,
// above all copyleft, and those that it does not know.
//
//	licenses -tags grpcnotrace -output dist/licenses -table docs/licenses.md
//
// It writes, for each program:
//
//	DIR/operator/LICENSE        our own licence
//	DIR/operator/NOTICES.txt    the modules, with the texts of their licences and notices
//	DIR/operator/modules.json   the modules, for the SBOM
//
// The operator's also have what the base of its image is made of. Both depend on the
// sources and on the version of Go only. Licences are those of the files in a module's
// root and beside and above the linked packages; headers of the linked sources are read too.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	if err := run(context.Background(), os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "licenses:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("licenses", flag.ContinueOnError)
	root := flags.String("root", "../..", "`directory` of the sources")
	tags := flags.String("tags", "", "`tags` that both programs are built with")
	output := flags.String("output", "", "write notices and lists below this `directory`")
	page := flags.String("table", "", "write a table in Markdown to this `file`")
	if err := flags.Parse(args); err != nil {
		return err
	}
	known, err := newClassify()
	if err != nil {
		return err
	}
	var modules [2][]*module
	for i, p := range programs(*root, *tags) {
		if modules[i], err = p.linked(ctx); err != nil {
			return err
		}
		if err := license(modules[i], known); err != nil {
			return fmt.Errorf("the %s may not be handed out: %w", p.name, err)
		}
		if *output == "" {
			continue
		}
		if err := write(filepath.Join(*output, p.name), *root, modules[i]); err != nil {
			return err
		}
	}
	if *page == "" {
		return nil
	}
	return os.WriteFile(*page, table(modules[0], modules[1]), 0o644)
}

// programs are the operator, with the authorities in its image, and the program for hosts.
func programs(root, tags string) [2]program {
	image := build{directory: filepath.Join(root, "hack", "image"), target: "golang.org/x/crypto/x509roots/fallback/bundle"}
	return [2]program{
		{name: "operator", builds: []build{{directory: root, target: ".", tags: tags}, image}},
		{name: "host", builds: []build{{directory: root, target: ".", tags: "host," + tags}}},
	}
}

// license finds the licence of each module, and says all that is wrong with them.
func license(modules []*module, known *classify) error {
	var wrong []error
	for _, m := range modules {
		if err := m.readTexts(); err != nil {
			return err
		}
		var err error
		if m.License, err = known.expression(m); err == nil {
			err = m.check()
		}
		wrong = append(wrong, err)
	}
	return errors.Join(wrong...)
}

// write writes what goes along with a program into a directory.
func write(directory, root string, modules []*module) error {
	if err := os.MkdirAll(directory, 0o755); err != nil {
		return err
	}
	own, err := os.ReadFile(filepath.Join(root, "LICENSE"))
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(directory, "LICENSE"), own, 0o644); err != nil {
		return err
	}
	list, err := json.MarshalIndent(modules, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(directory, "modules.json"), append(list, '\n'), 0o644); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(directory, "NOTICES.txt"), notices(modules), 0o644)
}
