package supervisor

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/accesslist/reminder"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/review"
	"github.com/accessnotifier/accessnotifier/internal/routing"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
	"github.com/accessnotifier/accessnotifier/internal/wording"
)

// Key names a notifier. Outside of Kubernetes there is no namespace.
type Key struct {
	Namespace, Name string
}

// String gives the key as "namespace/name", or as "name" where there is no namespace.
func (k Key) String() string {
	return strings.TrimPrefix(k.Namespace+"/"+k.Name, "/")
}

// Spec is what a notifier is made of. It holds secrets: never log it.
type Spec struct {
	// Installation tells the records of this notifier from those of one with the
	// same name in another Kubernetes cluster: the UID of the namespace. Empty if
	// it is not known, or outside of Kubernetes.
	Installation string
	// Teleport says where to hear of access requests.
	Teleport Teleport
	// Messenger says where to announce them.
	Messenger Messenger
	// Predecessor is the plugin whose messages are kept true from now on, by the name under
	// which it keeps data in Teleport; empty for none.
	Predecessor string
	// AccessLists says how owners of access lists are reminded to review them; nil if they
	// are not.
	AccessLists *AccessLists
	// Rules say whom to tell.
	Rules routing.Rules
	// Wording says how messages are worded.
	Wording wording.Spec
	// Review says who may decide in chat.
	Review review.Spec
}

// AccessLists says how owners of access lists are reminded to review them.
type AccessLists struct {
	// Owner identifies what Store goes with.
	Owner string
	// Store is where it is kept when each was reminded.
	Store reminder.Store `json:"-"`
}

// Teleport is one cluster and the identity to watch it with. Notifiers of one
// namespace with the same Address, IdentityRef and CARef share a session.
type Teleport struct {
	// Address is the Auth's or Proxy's host:port.
	Address string
	// IdentityRef and CARef name where the identity and the private CA come from.
	IdentityRef, CARef string
	// Identity is the identity itself.
	Identity teleport.Credentials
}

// Messenger is one bot.
type Messenger struct {
	// Type is the messenger's name in the AccessNotifier API.
	Type string
	// URL is the address of a server that the user named; empty for services
	// with a public address.
	URL string
	// Settings are what else the messenger is told, by the names of its Descriptor.
	Settings map[string]string `json:",omitempty"`
	// Insecure allows an address without TLS, which must be that of a Service in the cluster.
	Insecure bool
	// Secrets are what the bot is let in with, by their names in its Descriptor.
	Secrets map[string]string
	// SecretsFrom says where they come from, such as `key "token" of Secret "bot"`; it may be
	// empty.
	SecretsFrom string
}

// joinSecrets returns all secrets, in the order of their names. Of one it is the secret
// itself, as it always was: other keys would not be found again. Certificate authorities are
// none.
func (m Messenger) joinSecrets() []byte {
	names := slices.Sorted(maps.Keys(m.Secrets))
	names = slices.DeleteFunc(names, func(name string) bool { return name == messenger.SecretCA })
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = m.Secrets[name]
	}
	return []byte(strings.Join(values, "\x00"))
}

// hash identifies everything that an engine is made of. The identity is left
// out: the session takes a new one over by itself.
func (s Spec) hash() string {
	encoded, err := json.Marshal([]any{
		s.Installation, s.Teleport.Address, s.Teleport.IdentityRef, s.Teleport.CARef, s.Messenger, s.Predecessor, s.AccessLists,
	})
	if err != nil {
		panic("spec cannot be encoded: " + err.Error())
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:])
}

func (s Spec) session(namespace string) teleport.Key {
	return teleport.Key{
		Namespace:   namespace,
		Address:     s.Teleport.Address,
		IdentityRef: s.Teleport.IdentityRef,
		CARef:       s.Teleport.CARef,
	}
}

// plugin is the name under which a notifier keeps its records in Teleport, so
// that two notifiers of one Kubernetes cluster never disturb each other.
//
// Notifiers of two Kubernetes clusters may have the same name. What tells their
// records apart is the owner inside each of them (see run.go), and not a longer
// name here: a new name would hide the records that an earlier version wrote, so
// that an upgrade would post every pending request twice.
func (k Key) plugin() string {
	return "accessnotifier/" + k.String()
}

// keySecret makes the keys of a notifier's posts unguessable. It differs for
// each notifier, since two of them may tell one channel of one request.
func (s Spec) keySecret(k Key) []byte {
	mac := hmac.New(sha256.New, s.Messenger.joinSecrets())
	mac.Write([]byte(k.plugin()))
	return mac.Sum(nil)
}
