package controllers_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

const (
	identitySecret = "identity"
	tokenSecret    = "bot"
	// patience bounds each wait; a busy machine is slow, and Teleport's client
	// takes 15 seconds for each attempt.
	patience = time.Minute
	glance   = 20 * time.Millisecond
)

// stage is what one test has for itself.
type stage struct {
	t         *testing.T
	namespace string
	teleport  *teleporttest.Server
	// token is the bot's. channel is the id of a channel that the bot is in and
	// that gets every request.
	token, channel string
	// notifier is the AccessNotifier as it will be applied.
	notifier *v1alpha1.AccessNotifier
	history  *history
	// secret are texts that nobody may be shown.
	secret []string
}

// newStage prepares everything for an AccessNotifier, but creates nothing but
// the namespace. After the test it checks every status that the object ever
// had, its Events and the operator's log.
func newStage(t *testing.T, options teleporttest.Options) *stage {
	t.Helper()
	t.Parallel()
	namespace, err := plane.CreateNamespace(t.Context(), "test")
	if err != nil {
		t.Fatal(err)
	}
	teleport, err := teleporttest.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(teleport.Close)
	s := &stage{t: t, namespace: namespace, teleport: teleport, token: newToken()}
	slack.AddBot(s.token)
	s.channel = slack.AddChannel(namespace + "-all")
	s.notifier = &v1alpha1.AccessNotifier{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "notifier"},
		Spec: v1alpha1.AccessNotifierSpec{
			Teleport: v1alpha1.TeleportSpec{
				Address:           teleport.Addr(),
				IdentitySecretRef: &v1alpha1.SecretKeyReference{Name: identitySecret},
			},
			Messenger: v1alpha1.MessengerSpec{
				Type:  v1alpha1.MessengerSlack,
				Slack: &v1alpha1.SlackSpec{TokenSecretRef: v1alpha1.SecretKeyReference{Name: tokenSecret}},
			},
			Recipients: v1alpha1.RecipientList{namespace + "-all"},
		},
	}
	s.history = watchHistory(t, namespace)
	t.Cleanup(s.finish)
	return s
}

// newReadyStage applies the AccessNotifier and waits until it is ready.
func newReadyStage(t *testing.T, options teleporttest.Options) *stage {
	t.Helper()
	s := newStage(t, options)
	s.putSecrets()
	s.apply()
	s.awaitReady()
	return s
}

func newToken() string {
	return "xoxb-" + rand.Text()
}

// finish checks what must hold for every AccessNotifier, and removes it.
func (s *stage) finish() {
	s.history.check(s.t)
	s.checkEvents()
	s.checkSecrecy()
	// The test's own context has ended.
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if err := plane.Client().Delete(ctx, s.notifier); client.IgnoreNotFound(err) != nil {
		s.t.Errorf("deleting the AccessNotifier: %v", err)
	}
	s.eventually("the connection to Teleport is closed", func() string {
		return unless(s.teleport.Connections() == 0, "%d connections are open", s.teleport.Connections())
	})
}

// checkSecrecy looks for secrets wherever people look.
func (s *stage) checkSecrecy() {
	s.t.Helper()
	statuses, err := json.Marshal(s.history.all())
	if err != nil {
		s.t.Fatal(err)
	}
	events, err := json.Marshal(s.events())
	if err != nil {
		s.t.Fatal(err)
	}
	for where, text := range map[string]string{
		"a status": string(statuses), "an Event": string(events), "the log": operator.String(),
	} {
		for _, secret := range append(s.secret, "PRIVATE KEY", "BEGIN CERTIFICATE", "Bearer ") {
			if strings.Contains(text, secret) {
				s.t.Errorf("%s shows the secret %q", where, secret)
			}
		}
	}
}

// identity issues an identity file.
func (s *stage) identity(o teleporttest.IdentityOptions) []byte {
	s.t.Helper()
	identity, err := s.teleport.Identity(o)
	if err != nil {
		s.t.Fatal(err)
	}
	return identity.File
}

// putSecrets creates both Secrets as they should be.
func (s *stage) putSecrets() {
	s.t.Helper()
	s.putIdentity(s.identity(teleporttest.IdentityOptions{}))
	s.putToken(s.token)
}

func (s *stage) putIdentity(file []byte) {
	s.t.Helper()
	s.putSecret(identitySecret, map[string][]byte{"identity": file})
}

func (s *stage) putToken(token string) {
	s.t.Helper()
	s.putSecret(tokenSecret, map[string][]byte{"token": []byte(token)})
}

// putSecret makes a Secret hold exactly the data. No value of it, nor any line
// of one that is longer than a word, may be shown from now on.
func (s *stage) putSecret(name string, data map[string][]byte) {
	s.t.Helper()
	for _, value := range data {
		for line := range strings.Lines(string(value)) {
			if line = strings.TrimSpace(line); len(line) > 12 {
				s.secret = append(s.secret, line)
			}
		}
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name}}
	err := plane.Client().Get(s.t.Context(), client.ObjectKeyFromObject(secret), secret)
	if client.IgnoreNotFound(err) != nil {
		s.t.Fatal(err)
	}
	secret.Data = data
	if err != nil {
		err = plane.Client().Create(s.t.Context(), secret)
	} else {
		err = plane.Client().Update(s.t.Context(), secret)
	}
	if err != nil {
		s.t.Fatal(err)
	}
}

func (s *stage) deleteSecret(name string) {
	s.t.Helper()
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name}}
	if err := plane.Client().Delete(s.t.Context(), secret); err != nil {
		s.t.Fatal(err)
	}
}

// apply creates the AccessNotifier.
func (s *stage) apply() {
	s.t.Helper()
	if err := plane.Client().Create(s.t.Context(), s.notifier); err != nil {
		s.t.Fatal(err)
	}
}

// edit changes the AccessNotifier as a user does.
func (s *stage) edit(change func(*v1alpha1.AccessNotifier)) {
	s.t.Helper()
	before := s.notifier.DeepCopy()
	change(s.notifier)
	if err := plane.Client().Patch(s.t.Context(), s.notifier, client.MergeFrom(before)); err != nil {
		s.t.Fatal(err)
	}
}

// requestReconcile sets the annotation that asks for a reconcile.
func (s *stage) requestReconcile(value string) {
	s.t.Helper()
	s.edit(func(n *v1alpha1.AccessNotifier) {
		n.Annotations = map[string]string{v1alpha1.ReconcileRequestedAtAnnotation: value}
	})
}

// await waits until wrong finds nothing wrong with the AccessNotifier's newest
// state, and returns that.
func (s *stage) await(what string, wrong func(*v1alpha1.AccessNotifier) string) *v1alpha1.AccessNotifier {
	s.t.Helper()
	var found *v1alpha1.AccessNotifier
	s.eventually(what, func() string {
		found = s.history.newest()
		if found == nil {
			return "it does not exist"
		}
		return wrong(found)
	})
	return found
}

// awaitReady waits until the newest spec is in effect.
func (s *stage) awaitReady() *v1alpha1.AccessNotifier {
	s.t.Helper()
	return s.await("the AccessNotifier is ready", func(n *v1alpha1.AccessNotifier) string {
		if n.Status.ObservedGeneration != s.notifier.Generation {
			return fmt.Sprintf("observedGeneration is %d, not %d", n.Status.ObservedGeneration, s.notifier.Generation)
		}
		return notAs(n, v1alpha1.ConditionReady, metav1.ConditionTrue, v1alpha1.ReasonSucceeded)
	})
}

// awaitCondition waits until a condition is False for the reason.
func (s *stage) awaitCondition(condition, reason string) *v1alpha1.AccessNotifier {
	s.t.Helper()
	return s.await(condition+" is False", func(n *v1alpha1.AccessNotifier) string {
		return notAs(n, condition, metav1.ConditionFalse, reason)
	})
}

// notAs returns "" if the condition is as given, else how it is.
func notAs(n *v1alpha1.AccessNotifier, condition string, status metav1.ConditionStatus, reason string) string {
	got := meta.FindStatusCondition(n.Status.Conditions, condition)
	if got != nil && got.Status == status && got.Reason == reason {
		return ""
	}
	all, _ := json.MarshalIndent(n.Status, "", "  ")
	return fmt.Sprintf("%s is not %s for %s:\n%s", condition, status, reason, all)
}

// request makes an access request.
func (s *stage) request() (id string) {
	s.t.Helper()
	id, err := s.teleport.CreateRequest(teleporttest.RequestSpec{})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}

// awaitPosts waits until a channel has one message for each of the requests,
// and no others.
func (s *stage) awaitPosts(channel string, requests ...string) []messengertest.Post {
	s.t.Helper()
	var posts []messengertest.Post
	s.eventually("one message for each request", func() string {
		posts = topLevel(slack.PostsIn(channel))
		return unless(len(posts) >= len(requests), "%d messages, want %d", len(posts), len(requests))
	})
	s.assertPosts(channel, requests...)
	return posts
}

// assertPosts fails unless the channel has exactly one message for each of the
// requests.
func (s *stage) assertPosts(channel string, requests ...string) {
	s.t.Helper()
	posts := topLevel(slack.PostsIn(channel))
	if len(posts) != len(requests) {
		s.t.Errorf("%d messages, want %d", len(posts), len(requests))
	}
	for _, request := range requests {
		n := 0
		for _, post := range posts {
			if strings.Contains(post.Text, request) {
				n++
			}
		}
		if n != 1 {
			s.t.Errorf("%d messages for request %s", n, request)
		}
	}
}

// topLevel returns the messages that are no replies.
func topLevel(posts []messengertest.Post) []messengertest.Post {
	return slices.DeleteFunc(posts, func(p messengertest.Post) bool { return p.ThreadOf != "" })
}

// eventually waits until wrong returns "".
func (s *stage) eventually(what string, wrong func() string) {
	s.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		problem := wrong()
		if problem == "" {
			return
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("waited %v in vain until %s: %s", patience, what, problem)
		}
		time.Sleep(glance)
	}
}

func unless(ok bool, format string, args ...any) string {
	if ok {
		return ""
	}
	return fmt.Sprintf(format, args...)
}
