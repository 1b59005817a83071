package migrate

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/internal/config"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// values reads the values of a plugin's chart.
type values struct {
	source   string
	problems []Problem
}

func (v *values) wrong(path, format string, args ...any) {
	v.problems = append(v.problems, Problem{File: v.source, Message: path + " " + fmt.Sprintf(format, args...)})
}

func (v *values) note(path, format string, args ...any) {
	v.wrong(path, format, args...)
	v.problems[len(v.problems)-1].Warning = true
}

// fromValues translates the values of a plugin's Helm chart. With any problem but
// warnings, the notifier is not whole.
func fromValues(source string, content []byte, o Options) (*Notifier, []Problem) {
	tree, ok := parseValues(content)
	if !ok {
		return nil, []Problem{{File: source, Message: "The file holds no values of a Helm chart: check that it is whole"}}
	}
	v := &values{source: source}
	root := v.table("", tree)
	d, ok := v.messenger(tree, o.Messengers)
	if !ok {
		return nil, v.problems
	}
	name := cmp.Or(o.name, sectionOf(d))
	teleport, tbot := root.table("teleport"), root.table("tbot")
	address := cmp.Or(teleport.text("address"), tbot.text("teleportProxyAddress"), tbot.text("teleportAuthAddress"))
	switch {
	case address == "":
		v.wrong("teleport.address", "is missing: set it to host:port of the Proxy or Auth Service")
	case isLocal(address):
		v.note("teleport.address", adviceLocal)
	}
	bot := root.table(sectionOf(d))
	refs, secrets := bot.secrets(d, name)
	n := newNotifier(source, name, address, root.recipients(d, bot))
	url := bot.url(d)
	insecure := messenger.CheckPlainText(url, false) != nil
	if insecure {
		v.note(bot.path("url"), "has the token sent without TLS, which insecure: Allow allows: use https:// if the server has it")
	}
	n.speak(d, url, insecure, refs)
	n.Secrets = secrets
	v.identity(n, teleport, tbot)
	root.rest(n)
	if !config.Usable(v.problems) {
		return nil, v.problems
	}
	return n, v.problems
}

// parseValues reads YAML, in which long numbers stay what they are.
func parseValues(content []byte) (map[string]any, bool) {
	encoded, err := yaml.YAMLToJSON(content)
	if err != nil {
		return nil, false
	}
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.UseNumber()
	var tree map[string]any
	err = decoder.Decode(&tree)
	return tree, err == nil && len(tree) > 0
}

// messenger tells the plugin by its section.
func (v *values) messenger(tree map[string]any, all messenger.Registry) (messenger.Descriptor, bool) {
	var found []messenger.Descriptor
	var names []string
	for _, d := range all {
		names = append(names, sectionOf(d))
		if section, ok := tree[sectionOf(d)].(map[string]any); ok && len(section) > 0 {
			found = append(found, d)
		}
	}
	if len(found) == 1 {
		return found[0], true
	}
	v.problems = append(v.problems, Problem{File: v.source, Message: fmt.Sprintf(
		"The values name %d messengers, and must name one of %s", len(found), strings.Join(names, ", "))})
	return messenger.Descriptor{}, false
}

// secrets returns the references to the bot's secrets, and the Secret to create for those
// that stand in the values.
func (t table) secrets(d messenger.Descriptor, name string) (refs map[string]any, create []Secret) {
	refs = map[string]any{}
	own := Secret{Name: name + "-bot"}
	for _, key := range d.Secrets {
		value, from, path := t.text(key), t.text(key+"FromSecret"), t.text(key+"SecretPath")
		switch {
		case from != "":
			refs[key] = reference(from, cmp.Or(path, sectionOf(d)+strings.ToUpper(key[:1])+key[1:]))
		case value != "":
			refs[key] = reference(own.Name, "")
			own.Values = append(own.Values, Value{Key: key, Content: []byte(value)})
		default:
			t.values.wrong(t.path(key), "and %s are missing: set one of them", t.path(key+"FromSecret"))
		}
	}
	if len(own.Values) > 0 {
		create = append(create, own)
	}
	return refs, create
}

func (t table) url(d messenger.Descriptor) string {
	if d.DefaultURL != "" {
		return ""
	}
	address := t.text("url")
	if address == "" {
		t.values.wrong(t.path("url"), "is missing: set it to the address of your server, such as https://chat.example.com")
		return ""
	}
	if _, err := d.New(messenger.Config{URL: address, Secrets: d.StandInSecrets(), Settings: d.ExampleSettings()}); err != nil {
		t.values.wrong(t.path("url"), "cannot be used: %v", err)
		return ""
	}
	return address
}

// recipients returns the recipients by role. Those of the plugin itself stand for roles
// without an entry of their own.
func (t table) recipients(d messenger.Descriptor, plugin table) map[string][]string {
	byRole := map[string][]string{}
	roles := t.table("roleToRecipients")
	for _, role := range slices.Sorted(maps.Keys(roles.keys)) {
		byRole[role] = roles.list(role)
	}
	if d.DefaultURL == "" {
		if all := plugin.list("recipients"); len(all) > 0 && len(byRole[routing.AnyRole]) == 0 {
			byRole[routing.AnyRole] = all
		} else if len(all) > 0 {
			plugin.values.note(plugin.path("recipients"), `has no effect beside roleToRecipients["*"]`)
		}
	}
	for _, role := range slices.Sorted(maps.Keys(roles.keys)) {
		roles.checkRecipients(d, role, byRole[role])
	}
	return byRole
}

// checkRecipients names those that the messenger can never find.
func (t table) checkRecipients(d messenger.Descriptor, key string, recipients []string) {
	for _, recipient := range recipients {
		if advice := d.Refuses(recipient); advice != "" {
			t.values.wrong(t.path(key), "has the recipient %q, which %s cannot find. %s", recipient, d.Title(), advice)
		}
	}
}

// identity adds the identity, which is in a Secret that exists, or that tbot writes.
func (v *values) identity(n *Notifier, teleport, tbot table) {
	secret, key := teleport.text("identitySecretName"), teleport.text("identitySecretPath")
	if tbot.boolean("enabled") {
		secret, key = v.tbot(n, tbot, secret, teleport.text("address")), ""
	}
	if secret == "" {
		v.wrong("teleport.identitySecretName", "is missing: name the Secret with the identity")
		return
	}
	n.identify("identitySecretRef", reference(secret, key))
}
