package migrate

import (
	"bytes"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
)

// Target says how notifiers are written.
type Target struct {
	// Namespace is where they are to be; empty where that is decided later.
	Namespace string
	// IncludeSecrets writes the Secrets, too.
	IncludeSecrets bool
}

// Object is the AccessNotifier, as JSON has it.
func (t Target) Object(n *Notifier) map[string]any {
	return map[string]any{
		"apiVersion": v1alpha1.GroupVersion.String(),
		"kind":       v1alpha1.Kind,
		"metadata":   t.metadata(n.Name),
		"spec":       n.Spec,
	}
}

func (t Target) secret(s Secret) map[string]any {
	data := map[string]any{}
	for _, value := range s.Values {
		data[value.Key] = string(value.Content)
	}
	return map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": t.metadata(s.Name), "type": "Opaque", "stringData": data}
}

func (t Target) metadata(name string) map[string]any {
	metadata := map[string]any{"name": name}
	if t.Namespace != "" {
		metadata["namespace"] = t.Namespace
	}
	return metadata
}

// Manifests writes notifiers as manifests, for kubectl apply. The problems name values for
// which only a chart has a place.
func (t Target) Manifests(notifiers []*Notifier) ([]byte, []Problem, error) {
	var out bytes.Buffer
	var problems []Problem
	for i, n := range notifiers {
		if i > 0 {
			out.WriteString("---\n")
		}
		out.WriteString(t.comment(n.Source, []*Notifier{n}))
		objects := []any{t.Object(n)}
		if t.IncludeSecrets {
			for _, s := range n.Secrets {
				objects = append(objects, t.secret(s))
			}
		}
		for j, object := range objects {
			if j > 0 {
				out.WriteString("---\n")
			}
			encoded, err := yaml.Marshal(object)
			if err != nil {
				return nil, nil, fmt.Errorf("encoding %s: %w", n.Source, err)
			}
			out.Write(encoded)
		}
		for _, key := range slices.Sorted(maps.Keys(n.Chart)) {
			problems = append(problems, Problem{
				File: n.Source, Message: key + " has no counterpart in manifests: --to values makes values of our chart of it", Warning: true,
			})
		}
	}
	return out.Bytes(), problems, nil
}

// Values writes notifiers as values of our chart. Where two inputs differ in what is about
// all notifiers, the first decides; the problems name that.
func (t Target) Values(notifiers []*Notifier) ([]byte, []Problem, error) {
	var problems []Problem
	var sources []string
	values, all, secrets := map[string]any{}, map[string]any{}, []any{}
	for _, n := range notifiers {
		sources = append(sources, n.Source)
		entry := map[string]any{"spec": n.Spec}
		if t.Namespace != "" {
			entry["namespace"] = t.Namespace
		}
		all[n.Name] = entry
		for _, key := range slices.Sorted(maps.Keys(n.Chart)) {
			if earlier, ok := values[key]; ok && !reflect.DeepEqual(earlier, n.Chart[key]) {
				problems = append(problems, Problem{File: n.Source, Message: key + " differs from that of another file, which is used", Warning: true})
				continue
			}
			values[key] = n.Chart[key]
		}
		for _, s := range n.Secrets {
			secrets = append(secrets, t.secret(s))
		}
	}
	values["notifiers"] = all
	if t.IncludeSecrets && len(secrets) > 0 {
		values["extraObjects"] = secrets
	}
	encoded, err := yaml.Marshal(values)
	if err != nil {
		return nil, problems, fmt.Errorf("encoding values: %w", err)
	}
	comment := t.comment(strings.Join(sources, ", "), notifiers)
	return append([]byte("# Values of the Helm chart access-notifier.\n"+comment), encoded...), problems, nil
}

// adoption says what becomes of what the plugin has posted.
const adoption = "# Stop the plugin before this is applied: its messages are taken over. To leave them, set adopt: Ignore\n# in the spec.\n"

// comment says where something is from, what becomes of the plugin's messages, and how to
// create the Secrets that are not written.
func (t Target) comment(sources string, notifiers []*Notifier) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# From %s.\n%s", clean(sources), adoption)
	if t.IncludeSecrets {
		return b.String()
	}
	for _, n := range notifiers {
		for _, s := range n.Secrets {
			fmt.Fprintf(&b, "# %s\n#   %s\n", n.source(s), t.command(s))
		}
	}
	return b.String()
}

// source says where the values of a Secret are.
func (n *Notifier) source(s Secret) string {
	if s.inInput() {
		return fmt.Sprintf("Create Secret %s of what stands in %s: paste it, then press Ctrl-D.", s.Name, clean(n.Source))
	}
	return fmt.Sprintf("Create Secret %s on the plugin's host, or wherever a copy of the files is.", s.Name)
}

func (s Secret) inInput() bool {
	return slices.ContainsFunc(s.Values, func(v Value) bool { return v.Path == "" })
}

// command creates a Secret.
func (t Target) command(s Secret) string {
	words := []string{"kubectl", "create", "secret", "generic", s.Name}
	if t.Namespace != "" {
		words = append(words, "--namespace="+t.Namespace)
	}
	for _, value := range s.Values {
		path := value.Path
		if path == "" {
			path = "/dev/stdin"
		}
		words = append(words, quote("--from-file="+value.Key+"="+path))
	}
	return strings.Join(words, " ")
}

// quote writes a word as a shell reads it.
func quote(word string) string {
	harmless := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./=:@%+,", r)
	}
	if !strings.ContainsFunc(word, func(r rune) bool { return !harmless(r) }) {
		return word
	}
	return "'" + strings.ReplaceAll(clean(word), "'", `'\''`) + "'"
}

// clean keeps a text within its comment.
func clean(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == '\x7f' {
			return ' '
		}
		return r
	}, text)
}
