package supervisor_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/status"
	"github.com/accessnotifier/accessnotifier/internal/supervisor"
	"github.com/accessnotifier/accessnotifier/internal/teleport"
)

func TestWhatAnOldEngineSaysIsNotShown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		refused := &messenger.Error{Class: messenger.MessengerPermanent, Call: "auth.test", Code: "invalid_auth"}
		oldCall, newCall := make(gate), make(gate)
		b.bots.onCheck(func(_ context.Context, token string) error {
			switch token {
			case "old":
				return refused
			case "slow":
				oldCall.wait()
				return refused
			default:
				newCall.wait()
				return nil
			}
		})
		b.start()
		b.Ensure(key("a"), spec("old"))
		synctest.Wait()
		if got := b.snapshot(key("a")); got.Messenger.Problem == nil || got.Messenger.Problem.Reason != status.ReasonTokenRefused {
			t.Errorf("the refused token shows as %+v", got.Messenger)
		}

		b.Ensure(key("a"), spec("slow"))
		if got := b.snapshot(key("a")); got.Messenger.Known {
			t.Errorf("the snapshot after an edit is about the old spec: %+v", got.Messenger)
		}
		synctest.Wait()
		b.Ensure(key("a"), spec("new"))
		oldCall.open()
		synctest.Wait()
		if got := b.snapshot(key("a")); got.Messenger.Known {
			t.Errorf("a late report is shown: %+v", got.Messenger)
		}
		newCall.open()
		synctest.Wait()
		if got := b.snapshot(key("a")); !got.Messenger.Known || got.Messenger.Problem != nil {
			t.Errorf("the new engine's report is not shown: %+v", got.Messenger)
		}
	})
}

func TestALateReportIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		gates := map[string]gate{"old": make(gate), "new": make(gate)}
		b.bots.making = func(token string) error {
			gates[token].wait()
			if token == "old" {
				return errors.New("the old token is blank")
			}
			return nil
		}
		b.start()
		b.Ensure(key("a"), spec("old"))
		synctest.Wait()
		b.Ensure(key("a"), spec("new"))
		gates["old"].open()
		synctest.Wait()
		if got := b.snapshot(key("a")); got.Failure != nil {
			t.Errorf("the new spec is blamed for the old one: %+v", got.Failure)
		}
		gates["new"].open()
		b.assertBots("new")
	})
}

func TestAnEditedAddressShowsNothingOfTheOldOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.start()
		b.Ensure(key("a"), spec("token"))
		synctest.Wait()
		if got := b.snapshot(key("a")).Teleport; got.User != "bot-0" || got.Problem != nil {
			t.Errorf("while connecting Teleport shows as %+v", got)
		}
		edited := spec("token")
		edited.Teleport.Address = "other:443"
		edited.Teleport.Identity = identities[1]
		b.Ensure(key("a"), edited)
		// The worker may have the new session already, or not yet.
		if got := b.snapshot(key("a")).Teleport.User; got != "" && got != "bot-1" {
			t.Errorf("right after the edit the user is %q", got)
		}
		synctest.Wait()
		if got := b.snapshot(key("a")).Teleport.User; got != "bot-1" {
			t.Errorf("then the user is %q", got)
		}
	})
}

func TestABadIdentityIsToldAndChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.start()
		b.Ensure(key("a"), spec("token"))
		synctest.Wait()
		garbage := spec("token")
		garbage.Teleport.Identity = teleport.Credentials{File: []byte("garbage")}
		b.Ensure(key("a"), garbage)
		b.assertBots("token")
		got := b.snapshot(key("a"))
		if got.Identity == nil || got.Identity.Reason != teleport.IdentityMalformed || !got.Identity.Permanent {
			t.Errorf("the identity's problem is %+v", got.Identity)
		}
		if attempts, open := b.clusters.seen(); len(attempts) != 1 || open != 1 {
			t.Errorf("%d attempts to connect, %d under way", len(attempts), open)
		}
		b.Ensure(key("a"), spec("token"))
		if got := b.snapshot(key("a")); got.Identity != nil {
			t.Errorf("the problem stays: %+v", got.Identity)
		}
	})
}

func TestSettingsThatCannotWork(t *testing.T) {
	tests := map[string]struct{ reason, why string }{
		"Slack":  {status.ReasonInvalidSpec, "the token is blank"},
		"Pigeon": {status.ReasonNotYetAvailable, `messenger "Pigeon" is not available in this version`},
	}
	for messengerType, tt := range tests {
		t.Run(messengerType, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t)
				b.bots.refuse(errors.New("the token is blank"))
				b.start()
				wrong := spec("wrong")
				wrong.Messenger.Type = messengerType
				b.Ensure(key("a"), wrong)
				time.Sleep(time.Hour)
				b.assertBots()
				want := &status.Problem{Reason: tt.reason, Permanent: true}
				got := b.snapshot(key("a"))
				if diff := cmp.Diff(want, got.Failure, cmpopts.IgnoreFields(status.Problem{}, "Message")); diff != "" {
					t.Errorf("failure (-want +got):\n%s", diff)
				}
				if got.Failure != nil && !strings.Contains(got.Failure.Message, tt.why) {
					t.Errorf("the message does not say why: %s", got.Failure.Message)
				}
				if got.Crashes != 0 {
					t.Errorf("%d crashes", got.Crashes)
				}

				b.bots.refuse(nil)
				b.Ensure(key("a"), spec("right"))
				b.assertBots("right")
				if got := b.snapshot(key("a")); got.Failure != nil {
					t.Errorf("the failure stays: %+v", got.Failure)
				}
			})
		})
	}
}

func TestChangesAreTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		told := make(chan supervisor.Key, 100)
		b.OnChange(func(k supervisor.Key) { told <- k })
		b.bots.onCheck(func(context.Context, string) error {
			time.Sleep(time.Second)
			return &messenger.Error{Class: messenger.MessengerPermanent, Code: "invalid_auth"}
		})
		b.start()
		b.Ensure(key("a"), spec("token"))
		synctest.Wait()
		drain(told)
		time.Sleep(time.Second)
		synctest.Wait()
		if got := drain(told); !slices.Contains(got, key("a")) {
			t.Error("no snapshot named the refused token")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := drain(told); len(got) > 0 {
			t.Errorf("told %d times although nothing changes", len(got))
		}
	})
}

// TestMetricsOfWhatIsNotKnown wants no number where nothing was counted yet.
func TestMetricsOfWhatIsNotKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		b.start()
		b.Ensure(key("a"), spec("token"))
		synctest.Wait()
		got := b.metrics()
		for name, want := range map[string]float64{
			"access_notifier_session_up":   0,
			"access_notifier_records_up":   0,
			"access_notifier_messenger_up": 1,
		} {
			if value, ok := got[name]; !ok || value != want {
				t.Errorf("%s = %v (%v), want %v", name, value, ok, want)
			}
		}
		for _, name := range []string{
			"access_notifier_open_requests", "access_notifier_undelivered_messages",
			"access_notifier_oldest_undelivered_seconds", "access_notifier_queue_depth",
		} {
			if value, ok := got[name]; ok {
				t.Errorf("%s = %v before anything was counted", name, value)
			}
		}
	})
}

func TestMetricsOfARefusedToken(t *testing.T) {
	for class, want := range map[messenger.Class]float64{messenger.MessengerPermanent: 1, messenger.Transient: 0} {
		synctest.Test(t, func(t *testing.T) {
			b := newBench(t)
			b.bots.onCheck(func(context.Context, string) error {
				return &messenger.Error{Class: class, Call: "auth.test", Code: "failed"}
			})
			b.start()
			b.Ensure(key("a"), spec("token"))
			synctest.Wait()
			got := b.metrics()
			if got["access_notifier_token_refused"] != want || got["access_notifier_messenger_up"] != 0 {
				t.Errorf("after a %v failure: token refused %v, messenger up %v", class,
					got["access_notifier_token_refused"], got["access_notifier_messenger_up"])
			}
		})
	}
}
