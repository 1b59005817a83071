// Command manuals writes what derives from the program's commands: for hosts man pages,
// and completions for shells; for the documents a page in Markdown.
//
//	manuals DIRECTORY
//	manuals -markdown FILE
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra/doc"

	"github.com/accessnotifier/accessnotifier/internal/cli"
)

func main() {
	page := flag.String("markdown", "", "write a page in Markdown to this `file`, and nothing else")
	flag.Parse()
	write, path := generate, flag.Arg(0)
	if *page != "" {
		write, path = reference, *page
	}
	if path == "" || flag.NArg() > 1 {
		fmt.Fprintln(os.Stderr, "usage: manuals DIRECTORY, or manuals -markdown FILE")
		os.Exit(2)
	}
	if err := write(path); err != nil {
		fmt.Fprintln(os.Stderr, "manuals:", err)
		os.Exit(1)
	}
}

// generate writes all into the directories man and completion below dir.
func generate(dir string) error {
	pages, completion := filepath.Join(dir, "man"), filepath.Join(dir, "completion")
	for _, path := range []string{pages, completion} {
		if err := os.MkdirAll(path, 0o755); err != nil { //nolint:gosec // a public directory
			return err
		}
	}
	root := cli.Command("access-notifier")
	root.DisableAutoGenTag = true
	// The date is that of SOURCE_DATE_EPOCH, so that a build can be repeated.
	if err := doc.GenManTree(root, &doc.GenManHeader{Section: "1", Source: "Access Notifier", Manual: "Access Notifier"}, pages); err != nil {
		return err
	}
	for name, write := range map[string]func(string) error{
		"access-notifier":      func(path string) error { return root.GenBashCompletionFileV2(path, true) },
		"_access-notifier":     root.GenZshCompletionFile,
		"access-notifier.fish": func(path string) error { return root.GenFishCompletionFile(path, true) },
	} {
		if err := write(filepath.Join(completion, name)); err != nil {
			return err
		}
	}
	return nil
}
