// Command program stands for the binary in tests. It has a version and a
// dependency.
package main

import (
	"fmt"
	"os"

	"github.com/google/go-containerregistry/pkg/v1/types"
)

var version = ""

func main() {
	if len(os.Args) != 2 || os.Args[1] != "version" {
		fmt.Fprintln(os.Stderr, types.OCIImageIndex)
		os.Exit(2)
	}
	fmt.Println("access-notifier", version, "(test)")
}
