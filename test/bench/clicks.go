package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

const (
	// presses is how many there are, each by a reviewer of their own: as many as a notifier takes
	// without a rest.
	presses = 90
	// clickSecret holds an identity that may submit reviews, and clickTrait has the accounts.
	clickSecret = "reviewing-identity"
	clickTrait  = "slack_uid"
	// lookEvery is how often it is looked whether a review counts, which is how wrong the figure
	// may be.
	lookEvery = 100 * time.Microsecond
)

// measureClicks has reviewers press buttons in Slack, one after the other.
func measureClicks(ctx context.Context, p *platform) (values map[string]float64, err error) {
	w, err := p.newWorldWith(ctx, "clicks", service.Slack, teleporttest.Options{Version: "18.11.0", AdvancedAccessWorkflows: true})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, w.close()) }()
	slack, ok := w.chat.(*messengertest.Slack)
	if !ok {
		return nil, fmt.Errorf("the simulated Slack is a %T", w.chat)
	}
	accounts := make([]string, presses)
	for i := range accounts {
		accounts[i] = w.addReviewer(i)
	}
	if err := w.addReviewed(ctx); err != nil {
		return nil, err
	}
	if _, err := w.startReady(ctx, 1); err != nil {
		return nil, err
	}
	err = wait.Until(ctx, pollEvery, func() (bool, error) { return slack.Sockets() > 0, nil })
	if err != nil {
		return nil, fmt.Errorf("waiting for the operator to listen for clicks: %w", err)
	}
	delays := make([]time.Duration, 0, presses)
	for i, account := range accounts {
		delay, err := w.click(ctx, slack, account)
		if err != nil {
			return nil, fmt.Errorf("press %d: %w", i, err)
		}
		delays = append(delays, delay)
	}
	return map[string]float64{"review_click_to_teleport_ms": milliseconds(percentile(delays, 50))}, nil
}

// addReviewer makes a reviewer with an account, which is returned.
func (w *world) addReviewer(i int) (account string) {
	name := fmt.Sprintf("reviewer-%d@example.com", i)
	account = w.chat.AddUser(name)
	w.teleport.SetUser(teleporttest.User{
		Name: name, Roles: []string{teleporttest.ReviewerRole}, Traits: map[string][]string{clickTrait: {account}},
	})
	return account
}

// addReviewed makes a notifier with which reviewers decide in chat.
func (w *world) addReviewed(ctx context.Context) error {
	identity, err := w.teleport.Identity(teleporttest.IdentityOptions{User: "bot-reviews", Roles: []string{teleporttest.ReviewPluginRole}})
	if err != nil {
		return fmt.Errorf("issuing an identity: %w", err)
	}
	err = errors.Join(
		w.addSecret(ctx, clickSecret, map[string]string{v1alpha1.DefaultIdentityKey: string(identity.File)}),
		w.addSecret(ctx, "app", map[string]string{v1alpha1.DefaultAppTokenKey: messengertest.DefaultAppToken}),
	)
	if err != nil {
		return err
	}
	notifier := w.notifier(0, clickSecret)
	notifier.Spec.Messenger.Slack.AppTokenSecretRef = &v1alpha1.SecretKeyReference{Name: "app"}
	notifier.Spec.Review = &v1alpha1.ReviewSpec{
		Mode: v1alpha1.ReviewFull, Identity: &v1alpha1.ReviewIdentity{Trait: clickTrait},
	}
	if err := w.plane.Client().Create(ctx, notifier); err != nil {
		return fmt.Errorf("creating an AccessNotifier: %w", err)
	}
	return nil
}

// click makes a request, presses a button below its message, and returns how long it took until
// Teleport counted the review.
func (w *world) click(ctx context.Context, slack *messengertest.Slack, account string) (time.Duration, error) {
	made, err := w.ask()
	if err != nil {
		return 0, err
	}
	if _, err := w.receipts.await(ctx, made.id, 1); err != nil {
		return 0, err
	}
	// A message counts once its record names it.
	plugin := "accessnotifier/" + w.namespace + "/notifier-0"
	err = wait.Until(ctx, time.Millisecond, func() (bool, error) {
		return strings.Contains(w.teleport.PluginData(made.id, plugin)["record"], `"ref":`), nil
	})
	if err != nil {
		return 0, fmt.Errorf("waiting for the record of the message: %w", err)
	}
	ts := ""
	for _, post := range slack.PostsIn(w.channelID) {
		if b := slack.Buttons(post.Channel, post.ID); len(b) > 0 && strings.HasPrefix(b[0].Value, made.id) {
			ts = post.ID
		}
	}
	pressed := time.Now()
	if err := slack.Press(w.channelID, ts, true, account); err != nil {
		return 0, err
	}
	within, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	err = wait.Until(within, lookEvery, func() (bool, error) {
		r, _ := w.teleport.Request(made.id)
		return len(r.Reviews) > 0, nil
	})
	if err != nil {
		return 0, fmt.Errorf("waiting for the review, while the reviewer is told %+v: %w", slack.PrivateAnswers(account), err)
	}
	return time.Since(pressed), nil
}
