// Access Notifier tells reviewers about Teleport access requests in chat, by
// e-mail and by webhook, and keeps every message true.
package main

import (
	"os"
	_ "time/tzdata" // rules name time zones, and the image has no files of them

	"github.com/accessnotifier/accessnotifier/internal/cli"
)

func main() {
	os.Exit(cli.Run(os.Args, os.Stdout, os.Stderr))
}
