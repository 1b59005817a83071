package migrate

import (
	"net/netip"
	"strings"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/config"
	"github.com/accessnotifier/accessnotifier/internal/hostport"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
)

// Problem is something that is wrong with an input, or that has no counterpart.
type Problem = config.Problem

// Notifier is what becomes of one plugin.
type Notifier struct {
	// Source is the input as the user named it.
	Source string
	// Name is the name of the AccessNotifier.
	Name string
	// Spec is the spec of the AccessNotifier, as JSON has it.
	Spec map[string]any
	// Secrets are those that the spec names and that do not exist yet.
	Secrets []Secret
	// Chart holds values of our chart besides the notifier itself.
	Chart map[string]any

	messenger messenger.Descriptor
}

// Secret is a Secret to create. It may hold what is secret: never log it.
type Secret struct {
	Name   string
	Values []Value
}

// String hides the values from logs.
func (s Secret) String() string { return "Secret " + s.Name }

// GoString hides the values from logs.
func (s Secret) GoString() string { return s.String() }

// Value is a value of a Secret.
type Value struct {
	Key string
	// Content is the value itself, nil if it was not read.
	Content []byte
	// Path is the file on the plugin's host that holds it; empty where it stands in the
	// input.
	Path string
}

const (
	keyIdentity = "identity"
	// tbotSecret is the Secret that our chart's tbot writes by default.
	tbotSecret = "access-notifier-identity"
)

// reference is a reference to a key of a Secret. Without a key, the default is used.
func reference(name, key string) map[string]any {
	ref := map[string]any{"name": name}
	if key != "" {
		ref["key"] = key
	}
	return ref
}

// speak adds the messenger, whose secrets are under refs by their names. An insecure one is
// reached without TLS.
func (n *Notifier) speak(d messenger.Descriptor, url string, insecure bool, refs map[string]any) {
	member := map[string]any{}
	if url != "" {
		member["url"] = url
	}
	if insecure {
		member["insecure"] = string(v1alpha1.InsecureAllow)
	}
	for name, ref := range refs {
		member[name+"SecretRef"] = ref
	}
	n.messenger = d
	n.Spec["messenger"] = map[string]any{"type": d.Type, d.Member(): member}
}

// sectionOf is how files and values call a messenger.
func sectionOf(d messenger.Descriptor) string { return strings.ToLower(d.Type) }

// roleToRecipients is the field of that name, as JSON has it.
func roleToRecipients(byRole map[string][]string) map[string]any {
	field := map[string]any{}
	for role, recipients := range byRole {
		list := make([]any, len(recipients))
		for i, recipient := range recipients {
			list[i] = recipient
		}
		field[role] = list
	}
	return field
}

// newNotifier returns a notifier without an identity and a messenger.
func newNotifier(source, name, address string, byRole map[string][]string) *Notifier {
	n := &Notifier{
		Source: source, Name: name,
		Spec:  map[string]any{"teleport": map[string]any{"address": address}},
		Chart: map[string]any{},
	}
	if len(byRole) > 0 {
		n.Spec["roleToRecipients"] = roleToRecipients(byRole)
	}
	return n
}

// identify adds the reference to the identity, which is in the field of that name.
func (n *Notifier) identify(field string, ref map[string]any) {
	teleport, ok := n.Spec["teleport"].(map[string]any)
	if ok {
		teleport[field] = ref
	}
}

// isLocal reports whether an address is that of the machine itself, which in Kubernetes
// is the operator's pod.
func isLocal(address string) bool {
	host, _, err := hostport.Parse(address)
	ip, _ := netip.ParseAddr(host)
	return err == nil && (host == "localhost" || ip.IsLoopback())
}

const adviceLocal = "is that of the machine itself, which in Kubernetes is the operator's pod: write the address of the Proxy or Auth Service"
