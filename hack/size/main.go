// Command size builds the program and says what each module costs in it, as a table in
// Markdown. It fails if the program is too large, and if the linker cannot drop what is not
// called, as once anything calls methods by a name that is not known beforehand: all methods
// of all types are kept then, 20 MB.
//
// A module's share of the line tables is that of its code. What has no symbol is counted apart.
package main

import (
	"bytes"
	"cmp"
	"context"
	"debug/buildinfo"
	"debug/elf"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// least is how many bytes get a line of their own.
const least = 250_000

func main() {
	tags := flag.String("tags", "", "build with these `tags`")
	most := flag.Float64("most", 0, "fail for a program of more than so many `MB`")
	flag.Parse()
	if err := run(context.Background(), *tags, *most); err != nil {
		fmt.Fprintln(os.Stderr, "size:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, tags string, most float64) error {
	dir, err := os.MkdirTemp("", "size")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	binary := filepath.Join(dir, "access-notifier")
	if err := build(ctx, binary, tags); err != nil {
		return err
	}
	size, err := table(binary)
	if err == nil && size > most {
		err = fmt.Errorf("the program has %.1f MB, and may have %.1f", size, most)
	}
	return err
}

// build builds the program with its symbols, and looks at what the linker kept for what.
func build(ctx context.Context, binary, tags string) error {
	// The go command keeps what a linker prints with the compiled main package, and prints it again
	// whenever that is linked: this one is compiled otherwise than all others.
	command := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags="+tags, //nolint:gosec // tags are those of the Makefile
		"-gcflags=.=-dwarf=false", "-ldflags=-w -dumpdep", "-o", binary, ".")
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	dependencies, err := command.CombinedOutput()
	if err != nil {
		return fmt.Errorf("building the program: %w\n%.2000s", err, dependencies)
	}
	if !bytes.Contains(dependencies, []byte("main.main -> ")) {
		return errors.New("the linker does not say what it keeps")
	}
	for line := range bytes.Lines(dependencies) {
		if bytes.HasSuffix(bytes.TrimSpace(line), []byte("<ReflectMethod>")) {
			return fmt.Errorf("methods are called by name: %s", bytes.TrimSpace(line))
		}
	}
	return nil
}

// table prints the costs, and returns what all have together.
func table(binary string) (megabytes float64, err error) {
	info, err := buildinfo.ReadFile(binary)
	if err != nil {
		return 0, err
	}
	modules := []string{info.Main.Path}
	for _, module := range info.Deps {
		modules = append(modules, module.Path)
	}
	file, err := elf.Open(binary)
	if err != nil {
		return 0, err
	}
	defer func() { _ = file.Close() }()
	symbols, err := file.Symbols()
	if err != nil {
		return 0, err
	}
	code, data := map[string]uint64{}, map[string]uint64{}
	for _, s := range symbols {
		if int(s.Section) >= len(file.Sections) || file.Sections[s.Section].Type == elf.SHT_NOBITS {
			continue
		}
		of := data
		if file.Sections[s.Section].Name == ".text" {
			of = code
		}
		of[moduleOf(s.Name, modules)] += s.Size
	}
	return write(file, code, data), nil
}

// decoration is what the linker puts before the name of a package.
var decoration = regexp.MustCompile(`^(type:|go:itab\.|\.eq\.|\.hash\.|\*|\[\])+`)

// moduleOf returns the module of a symbol. What belongs to none is Go's own.
func moduleOf(symbol string, modules []string) string {
	symbol = strings.ReplaceAll(decoration.ReplaceAllString(symbol, ""), "%2e", ".")
	found := "Go"
	for _, module := range modules {
		rest, ok := strings.CutPrefix(symbol, module)
		if ok && (strings.HasPrefix(rest, "/") || strings.HasPrefix(rest, ".")) && (found == "Go" || len(module) > len(found)) {
			found = module
		}
	}
	return found
}

// write prints the costs of modules, the largest first, and returns their sum in MB.
func write(file *elf.File, code, data map[string]uint64) (megabytes float64) {
	var all, text uint64
	for _, section := range file.Sections {
		if section.Flags&elf.SHF_ALLOC != 0 && section.Type != elf.SHT_NOBITS {
			all += section.Size
		}
	}
	for _, size := range code {
		text += size
	}
	lines := file.Section(".gopclntab").Size
	costs := maps.Clone(data)
	for module, size := range code {
		costs[module] += size + lines*size/text
	}
	rest, others := all, uint64(0)
	fmt.Fprintln(os.Stdout, "| module | MB |\n|---|---|")
	for _, module := range slices.SortedFunc(maps.Keys(costs), func(a, b string) int { return cmp.Compare(costs[b], costs[a]) }) {
		rest -= min(rest, costs[module])
		if costs[module] < least {
			others += costs[module]
			continue
		}
		fmt.Fprintf(os.Stdout, "| %s | %.1f |\n", module, float64(costs[module])/1e6)
	}
	fmt.Fprintf(os.Stdout, "| other modules | %.1f |\n| descriptions of types, texts | %.1f |\n| all | %.1f |\n",
		float64(others)/1e6, float64(rest)/1e6, float64(all)/1e6)
	return float64(all) / 1e6
}
