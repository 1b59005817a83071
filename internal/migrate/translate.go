package migrate

import (
	"fmt"
	"path/filepath"
	"slices"

	"github.com/accessnotifier/accessnotifier/internal/config"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Options say how inputs are translated.
type Options struct {
	// Messengers are those that there are.
	Messengers messenger.Registry
	// IncludeSecrets reads the files that an input names.
	IncludeSecrets bool

	// name is the name of the AccessNotifier; that of the messenger by default.
	name string
}

// Input is a plugin's TOML file, or the values of its Helm chart.
type Input struct {
	// Name is the input as the user named it.
	Name    string
	Content []byte
}

// Translate makes a notifier of each input. With any problem but warnings, some are
// missing. Notifiers that would have one name get a number each, from the second on.
func Translate(inputs []Input, o Options) ([]*Notifier, []Problem) {
	var notifiers []*Notifier
	var problems []Problem
	for _, input := range inputs {
		n, wrong := translate(input, o)
		if n != nil && taken(notifiers, n.Name) {
			named := o
			for i := 2; taken(notifiers, n.Name); i++ {
				named.name = fmt.Sprintf("%s-%d", sectionOf(n.messenger), i)
				n, wrong = translate(input, named)
			}
		}
		if n != nil && config.Usable(wrong) {
			notifiers = append(notifiers, n)
		}
		problems = append(problems, wrong...)
	}
	return notifiers, problems
}

func taken(notifiers []*Notifier, name string) bool {
	return slices.ContainsFunc(notifiers, func(n *Notifier) bool { return n.Name == name })
}

// translate tells values from TOML by the name, or else by what YAML says of it: no TOML
// with a table is YAML.
func translate(input Input, o Options) (*Notifier, []Problem) {
	_, isYAML := parseValues(input.Content)
	switch filepath.Ext(input.Name) {
	case ".toml":
		isYAML = false
	case ".yaml", ".yml":
		isYAML = true
	}
	if isYAML {
		return fromValues(input.Name, input.Content, o)
	}
	return fromFile(input.Name, input.Content, o)
}
