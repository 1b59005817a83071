package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// worldLabel tells the notifiers of one world from those of others.
	worldLabel = "bench"
	// identitySecret and tokenSecret hold what the notifiers of a world use.
	identitySecret = "access-notifier-identity"
	tokenSecret    = "bot"
	// channel is the only recipient.
	channel = "access-requests"
	// role is what is asked for.
	role = "production-admin"
	// pollEvery is how often something is looked at that cannot tell by itself.
	pollEvery = 100 * time.Millisecond
)

// world is a namespace with a Teleport and a chat service of its own. Its operators
// watch its notifiers only, and compete for a lease of their own, so that
// worlds do not disturb each other.
type world struct {
	*platform
	namespace string
	teleport  *teleporttest.Server
	service   service.Service
	chat      messengertest.Simulator
	// channelID is the channel's in the chat service.
	channelID string
	receipts  *receipts
	// environment is what the operators find in theirs besides.
	environment []string

	closers []func() error
}

// newWorld makes a world with Slack, an identity and a token, without notifiers.
func (p *platform) newWorld(ctx context.Context, name string) (*world, error) {
	return p.newWorldAt(ctx, name, service.Slack, time.Now)
}

// newWorldAt makes a world with another chat service, whose Teleport has a clock of its own.
func (p *platform) newWorldAt(ctx context.Context, name string, s service.Service, now func() time.Time) (*world, error) {
	return p.newWorldWith(ctx, name, s, teleporttest.Options{
		AdvancedAccessWorkflows: true,
		Now:                     now,
		Permissions:             map[string]teleporttest.Permissions{otherRole: teleporttest.PluginPermissions()},
	})
}

// newWorldWith makes a world with another chat service and another Teleport.
func (p *platform) newWorldWith(ctx context.Context, name string, s service.Service, o teleporttest.Options) (*world, error) {
	namespace, err := p.plane.CreateNamespace(ctx, "bench-"+name)
	if err != nil {
		return nil, err
	}
	w := &world{platform: p, namespace: namespace, service: s, chat: s.Simulate(messengertest.Options{})}
	w.teleport, err = teleporttest.Start(o)
	if err != nil {
		return nil, fmt.Errorf("starting the simulated Teleport: %w", err)
	}
	w.onClose(func() error { w.teleport.Close(); return nil })
	w.channelID = w.chat.AddChannel(channel)
	w.receipts = newReceipts()
	w.chat.Subscribe(w.receipts.add)
	if err := w.chat.Listen(""); err != nil {
		return nil, errors.Join(fmt.Errorf("starting the simulated %s: %w", s.Type, err), w.close())
	}
	w.onClose(func() error { w.chat.Close(); return nil })
	err = errors.Join(
		w.addIdentity(ctx, identitySecret),
		w.addSecret(ctx, tokenSecret, w.service.Secrets(messengertest.DefaultToken)),
	)
	if err != nil {
		return nil, errors.Join(err, w.close())
	}
	return w, nil
}

// inWorld measures in a world of its own.
func (p *platform) inWorld(ctx context.Context, name string, measure func(*world) error) (err error) {
	w, err := p.newWorld(ctx, name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	return measure(w)
}

func (w *world) onClose(f func() error) {
	w.closers = append(w.closers, f)
}

// close stops in reverse order all that was started.
func (w *world) close() error {
	var errs []error
	for _, f := range slices.Backward(w.closers) {
		errs = append(errs, f())
	}
	return errors.Join(errs...)
}

func (w *world) addSecret(ctx context.Context, name string, content map[string]string) error {
	err := w.plane.Client().Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: w.namespace, Name: name},
		StringData: content,
	})
	if err != nil {
		return fmt.Errorf("creating Secret %s: %w", name, err)
	}
	return nil
}

func (w *world) addIdentity(ctx context.Context, secret string) error {
	identity, err := w.teleport.Identity(teleporttest.IdentityOptions{})
	if err != nil {
		return fmt.Errorf("issuing an identity: %w", err)
	}
	return w.addSecret(ctx, secret, map[string]string{v1alpha1.DefaultIdentityKey: string(identity.File)})
}

// addNotifiers makes n notifiers. Notifier i uses the identity that is named by
// i modulo their number.
func (w *world) addNotifiers(ctx context.Context, n int, identities ...string) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for i := range n {
		group.Go(func() error {
			err := w.plane.Client().Create(ctx, w.notifier(i, identities[i%len(identities)]))
			if err != nil {
				return fmt.Errorf("creating AccessNotifier %d: %w", i, err)
			}
			return nil
		})
	}
	return group.Wait()
}

func (w *world) notifier(i int, identity string) *v1alpha1.AccessNotifier {
	notifier := &v1alpha1.AccessNotifier{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: w.namespace,
			Name:      fmt.Sprintf("notifier-%d", i),
			Labels:    map[string]string{worldLabel: w.namespace},
		},
		Spec: v1alpha1.AccessNotifierSpec{
			Teleport: v1alpha1.TeleportSpec{
				Address:           w.teleport.Addr(),
				IdentitySecretRef: &v1alpha1.SecretKeyReference{Name: v1alpha1.SecretName(identity)},
			},
			Messenger: w.service.Spec(w.chat.URL(), v1alpha1.SecretKeyReference{Name: tokenSecret}),
		},
	}
	w.service.Tell(&notifier.Spec, w.service.Channel(channel, w.channelID))
	return notifier
}

// startReady starts an operator, and returns once its notifiers are ready.
func (w *world) startReady(ctx context.Context, notifiers int) (*operator, error) {
	o, err := w.startOperator(ctx)
	if err != nil {
		return nil, err
	}
	if err := w.awaitReady(ctx, notifiers); err != nil {
		return nil, fmt.Errorf("%w%s", err, o.LogTail())
	}
	return o, nil
}

// awaitReady waits until n notifiers are ready.
func (w *world) awaitReady(ctx context.Context, n int) error {
	last := "there is none"
	err := wait.Until(ctx, pollEvery, func() (bool, error) {
		var list v1alpha1.AccessNotifierList
		if err := w.plane.Client().List(ctx, &list, client.InNamespace(w.namespace)); err != nil {
			return false, fmt.Errorf("listing AccessNotifiers: %w", err)
		}
		ready := 0
		for i := range list.Items {
			condition := meta.FindStatusCondition(list.Items[i].Status.Conditions, v1alpha1.ConditionReady)
			switch {
			case condition == nil:
				last = "no operator has looked at one"
			case condition.Status == metav1.ConditionTrue:
				ready++
			default:
				last = condition.Reason + ": " + condition.Message
			}
		}
		return ready == n, nil
	})
	if err != nil {
		return fmt.Errorf("waiting for %d notifiers to be ready: %w; of one not ready: %s", n, err, last)
	}
	return nil
}

// request is an access request that was made.
type request struct {
	id string
	at time.Time
}

// ask makes an access request.
func (w *world) ask() (request, error) {
	at := time.Now()
	id, err := w.teleport.CreateRequest(teleporttest.RequestSpec{
		User:   "alice@example.com",
		Roles:  []string{role},
		Reason: "Ticket OPS-42: the nightly import is stuck, and the job has to be restarted by hand.",
	})
	if err != nil {
		return request{}, fmt.Errorf("creating a request: %w", err)
	}
	return request{id: id, at: at}, nil
}
