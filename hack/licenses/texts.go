package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// text is a file that goes along with a module.
type text struct {
	// name is the file's, from the module's root.
	name    string
	content []byte
}

var (
	// carried are the files that a licence asks to hand on.
	carried = regexp.MustCompile(`(?i)^((un)?licen[cs]e|copying|copyright|notice|patents)([-._].*)?$`)
	// licences are those of them that say what the licence is.
	licences = regexp.MustCompile(`(?i)^((un)?licen[cs]e|copying)([-._].*)?$`)
)

// isLicense says whether the file holds a licence, not only a notice.
func (t text) isLicense() bool { return licences.MatchString(filepath.Base(t.name)) }

// readTexts finds what goes along: files in the directories of the linked packages and
// above them, since code that a module has from elsewhere has its licence beside it.
func (m *module) readTexts() error {
	directories := map[string]bool{m.directory: true}
	for directory := range m.packages {
		for directory != m.directory {
			if !strings.HasPrefix(directory, m.directory+string(filepath.Separator)) {
				return fmt.Errorf("%s is outside of %s", directory, m.Path)
			}
			directories[directory] = true
			directory = filepath.Dir(directory)
		}
	}
	for _, directory := range slices.Sorted(maps.Keys(directories)) {
		if err := m.readTextsOf(directory); err != nil {
			return err
		}
	}
	return nil
}

func (m *module) readTextsOf(directory string) error {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.IsDir() || !carried.MatchString(entry.Name()) || isSource(entry.Name()) {
			continue
		}
		path := filepath.Join(directory, entry.Name())
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(m.directory, path)
		if err != nil {
			return err
		}
		m.texts = append(m.texts, text{name: filepath.ToSlash(name), content: content})
	}
	return nil
}

// isSource says whether a file is code, whatever its name begins with.
func isSource(name string) bool {
	return slices.Contains([]string{".go", ".s", ".h", ".sh", ".py", ".proto"}, filepath.Ext(name))
}
