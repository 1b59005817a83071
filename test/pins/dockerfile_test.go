package pins

import (
	"os/exec"
	"strings"
	"testing"
)

// A package that is linked and not copied breaks the Dockerfile, which no other test builds.
func TestDockerfileCopiesWhatIsLinked(t *testing.T) {
	command := exec.CommandContext(t.Context(), "go", "list", "-deps", "-tags", "grpcnotrace",
		"-f", "{{with .Module}}{{if .Main}}{{$.ImportPath}}{{end}}{{end}}", ".")
	command.Dir = root
	output, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	dockerfile, ignored := read(t, "Dockerfile")["Dockerfile"], read(t, ".dockerignore")[".dockerignore"]
	packages := strings.Fields(string(output))
	if len(packages) < 20 {
		t.Fatalf("only %d packages are linked", len(packages))
	}
	for _, name := range packages {
		path := strings.TrimPrefix(strings.TrimPrefix(name, "github.com/accessnotifier/accessnotifier"), "/")
		if path != "" && !covered(path, dockerfile, ignored) {
			t.Errorf("the Dockerfile does not copy %s, or .dockerignore hides it", path)
		}
	}
}

// covered says whether a directory, or one that it is in, is copied and not hidden.
func covered(path, dockerfile, ignored string) bool {
	for end := len(path); end > 0; end = strings.LastIndex(path[:end], "/") {
		directory := path[:end]
		if strings.Contains(dockerfile, "\nCOPY "+directory+" ./"+directory+"\n") && strings.Contains(ignored, "\n!"+directory+"\n") {
			return true
		}
	}
	return false
}
