package tenants

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	eventsv1 "k8s.io/api/events/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// bot and identity are the names of every tenant's Secrets.
	bot, identity = "bot", "identity"
	// within bounds each wait. Teleport's client takes 15 s for each attempt to connect.
	within = time.Minute
	// soon bounds how long a message of the victim takes, with a race detector on a busy machine: a
	// pause, a back-off or an outage takes longer.
	soon = 20 * time.Second
)

// tenant is a namespace with a Teleport, a bot and a channel of its own.
type tenant struct {
	t         *testing.T
	client    client.Client
	namespace string
	// name is that of the AccessNotifier.
	name     string
	teleport *teleporttest.Server
	service  service.Service
	chat     messengertest.Simulator
	// channel is the channel's name and id, and token the bot's.
	channel, channelID, token string
	// asked are the requests that were made.
	asked []string
}

// newTenant makes a tenant of whom there is no AccessNotifier yet.
func newTenant(t *testing.T, kind string, s service.Service) *tenant {
	t.Helper()
	namespace, err := plane.CreateNamespace(t.Context(), kind)
	if err != nil {
		t.Fatal(err)
	}
	n := &tenant{
		t: t, client: plane.Client(), namespace: namespace, name: "approvals", service: s, chat: chats[s.Name()],
		teleport: teleporttest.ForTest(t, teleporttest.Options{AdvancedAccessWorkflows: true}),
		channel:  "channel-of-" + namespace, token: "xoxb-token-of-" + namespace,
	}
	n.chat.AddBot(n.token)
	n.channelID = n.chat.AddChannel(n.channel)
	return n
}

// secrets are what the AccessNotifier of the tenant needs.
func (n *tenant) putSecrets() {
	n.t.Helper()
	n.putSecret(bot, n.service.Secrets(n.token))
	n.putSecret(identity, map[string]string{v1alpha1.DefaultIdentityKey: string(n.teleport.IdentityFile(n.t, teleporttest.IdentityOptions{}))})
}

// putSecret makes a Secret hold this, and nothing else.
func (n *tenant) putSecret(name string, content map[string]string) {
	n.t.Helper()
	data := map[string][]byte{}
	for key, value := range content {
		data[key] = []byte(value)
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: n.namespace, Name: name}}
	err := n.client.Get(n.t.Context(), client.ObjectKeyFromObject(secret), secret)
	secret.Data = data
	if err == nil {
		err = n.client.Update(n.t.Context(), secret)
	} else if client.IgnoreNotFound(err) == nil {
		err = n.client.Create(n.t.Context(), secret)
	}
	if err != nil {
		n.t.Fatal(err)
	}
}

// notifier is an AccessNotifier for the tenant's Teleport, bot and channel.
func (n *tenant) notifier(name string) *v1alpha1.AccessNotifier {
	made := &v1alpha1.AccessNotifier{
		ObjectMeta: metav1.ObjectMeta{Namespace: n.namespace, Name: name},
		Spec: v1alpha1.AccessNotifierSpec{
			Teleport: v1alpha1.TeleportSpec{
				Address: n.teleport.Addr(), IdentitySecretRef: &v1alpha1.SecretKeyReference{Name: identity},
			},
			Messenger: n.service.Spec(n.chat.URL(), v1alpha1.SecretKeyReference{Name: bot, Key: v1alpha1.SecretKey(n.service.MainSecret())}),
		},
	}
	n.service.Tell(&made.Spec, n.service.Channel(n.channel, n.channelID))
	return made
}

// create creates an object, which ends with the test.
func (n *tenant) create(object client.Object) {
	n.t.Helper()
	if err := n.client.Create(n.t.Context(), object); err != nil {
		n.t.Fatalf("creating %T: %v", object, err)
	}
	n.removeAfterwards(object)
}

// get reads an AccessNotifier.
func (n *tenant) get(name string) (*v1alpha1.AccessNotifier, error) {
	found := &v1alpha1.AccessNotifier{}
	err := n.client.Get(n.t.Context(), client.ObjectKey{Namespace: n.namespace, Name: name}, found)
	return found, err
}

// await waits until a condition of an AccessNotifier has a status, for a reason if one is given.
func (n *tenant) await(name, condition string, status metav1.ConditionStatus, reason string) {
	n.t.Helper()
	wait.Test(n.t, within, fmt.Sprintf("%s of %s is %s %s", condition, name, status, reason), func() error {
		found, err := n.get(name)
		if err != nil {
			return err
		}
		is := meta.FindStatusCondition(found.Status.Conditions, condition)
		switch {
		case is == nil:
			return errors.New("there is no such condition")
		case is.Status != status || reason != "" && is.Reason != reason:
			return fmt.Errorf("it is %s: %s: %s", is.Status, is.Reason, is.Message)
		default:
			return nil
		}
	})
}

// runs puts the AccessNotifier of the tenant to work.
func (n *tenant) runs() {
	n.t.Helper()
	n.putSecrets()
	n.create(n.notifier(n.name))
	n.await(n.name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
}

// ask makes an access request.
func (n *tenant) ask() string {
	n.t.Helper()
	id, err := n.teleport.CreateRequest(teleporttest.RequestSpec{User: "alice@example.com", Roles: []string{"editor"}, Reason: "reason-of-" + n.namespace})
	if err != nil {
		n.t.Fatal(err)
	}
	n.asked = append(n.asked, id)
	return id
}

// post is the one message about a request in the channel of the tenant.
func (n *tenant) post(id string) (messengertest.Post, error) {
	var found []messengertest.Post
	for _, post := range n.chat.PostsIn(n.channelID) {
		if post.ThreadOf == "" && strings.Contains(post.Text, id) {
			found = append(found, post)
		}
	}
	if len(found) != 1 {
		return messengertest.Post{}, fmt.Errorf("there are %d messages", len(found))
	}
	return found[0], nil
}

// plugin is under which name the operator keeps records of the tenant.
func (n *tenant) plugin() string { return "accessnotifier/" + n.namespace + "/" + n.name }

// announce makes a request, and waits until it is announced and recorded.
func (n *tenant) announce() (id string) {
	n.t.Helper()
	id = n.ask()
	wait.Test(n.t, soon, "the request is announced", func() error {
		_, err := n.post(id)
		return err
	})
	wait.Test(n.t, soon, "the message is recorded", wait.True(func() bool {
		return strings.Contains(n.teleport.PluginData(id, n.plugin())["record"], `"ref":`)
	}))
	return id
}

// works fails unless a request of the tenant is announced and decided as ever, and all is well by the
// status and the Events.
func (n *tenant) works() {
	n.t.Helper()
	id := n.announce()
	if err := n.teleport.Review(id, "bob", accessrequest.Approved, "fine"); err != nil {
		n.t.Fatal(err)
	}
	wait.Test(n.t, soon, "the message shows the decision", func() error {
		post, err := n.post(id)
		if err == nil && post.Revisions < 2 {
			err = fmt.Errorf("it says %s", post.Text)
		}
		return err
	})
	n.await(n.name, v1alpha1.ConditionReady, metav1.ConditionTrue, "")
	for _, id := range n.asked {
		if _, err := n.post(id); err != nil {
			n.t.Errorf("request %s: %v", id, err)
		}
	}
	if extra := len(n.topLevel()) - len(n.asked); extra != 0 {
		n.t.Errorf("there are %d messages more than requests in the channel", extra)
	}
	for _, event := range n.events() {
		if event.Type == corev1.EventTypeWarning {
			n.t.Errorf("there is the Event %s: %s", event.Reason, event.Note)
		}
	}
}

func (n *tenant) topLevel() (posts []messengertest.Post) {
	for _, post := range n.chat.PostsIn(n.channelID) {
		if post.ThreadOf == "" {
			posts = append(posts, post)
		}
	}
	return posts
}

func (n *tenant) events() []eventsv1.Event {
	n.t.Helper()
	var list eventsv1.EventList
	if err := n.client.List(n.t.Context(), &list, client.InNamespace(n.namespace)); err != nil {
		n.t.Fatal(err)
	}
	return list.Items
}

// own are texts that nobody but the tenant may read.
func (n *tenant) own() []string {
	texts := append([]string{"reason-of-" + n.namespace, n.channelID}, n.asked...)
	for value := range maps.Values(n.service.Secrets(n.token)) {
		texts = append(texts, value)
	}
	return texts
}

// readsNothingOf fails if anything that the tenant can read holds what another owns.
func (n *tenant) readsNothingOf(other *tenant) {
	n.t.Helper()
	var notifiers v1alpha1.AccessNotifierList
	if err := n.client.List(n.t.Context(), &notifiers, client.InNamespace(n.namespace)); err != nil {
		n.t.Fatal(err)
	}
	for i := range notifiers.Items {
		// What the tenant wrote is no news to them.
		notifiers.Items[i].Spec, notifiers.Items[i].ManagedFields = v1alpha1.AccessNotifierSpec{}, nil
	}
	for what, read := range map[string]any{"status": notifiers.Items, "Events": n.events()} {
		text, err := json.Marshal(read)
		if err != nil {
			n.t.Fatal(err)
		}
		for _, secret := range other.own() {
			if strings.Contains(string(text), secret) {
				n.t.Errorf("the %s of namespace %s show %q of namespace %s", what, n.namespace, secret, other.namespace)
			}
		}
	}
}
