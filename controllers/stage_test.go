package controllers_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
)

const (
	identitySecret = "identity"
	tokenSecret    = "bot"
	// patience bounds each wait; a busy machine is slow, and Teleport's client
	// takes 15 seconds for each attempt.
	patience = time.Minute
	glance   = 20 * time.Millisecond
	// lead is when the clock changes something about an identity: not before a busy machine
	// has it in use, and well within patience.
	lead = 30 * time.Second
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
	// secret are texts that no reader may be shown.
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
	s := &stage{t: t, namespace: namespace, teleport: teleporttest.ForTest(t, options), token: newToken()}
	slack.AddBot(s.token)
	s.channel = slack.AddChannel(namespace + "-all")
	s.notifier = &v1alpha1.AccessNotifier{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "notifier"},
		Spec: v1alpha1.AccessNotifierSpec{
			Teleport: v1alpha1.TeleportSpec{
				Address:           s.teleport.Addr(),
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
	return s.teleport.IdentityFile(s.t, o)
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

// request makes an access request.
func (s *stage) request() (id string) {
	s.t.Helper()
	id, err := s.teleport.CreateRequest(teleporttest.RequestSpec{})
	if err != nil {
		s.t.Fatal(err)
	}
	return id
}
