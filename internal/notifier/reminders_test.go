package notifier_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// remind makes reminders for all who hear of a request.
func (w *world) remind(after ...time.Duration) {
	for _, d := range after {
		w.rules.Reminders = append(w.rules.Reminders, routing.Reminder{After: d})
	}
}

// notes returns what the notes about a request at an address say, and the message itself apart.
func (w *world) notes(id, address string) (notes []string, rest int) {
	for _, p := range w.chat.about(id, address) {
		if said, ok := strings.CutPrefix(p.last().Status, "Still pending after "); ok {
			notes = append(notes, said)
		} else {
			rest++
		}
	}
	return notes, rest
}

// expectNotes checks the notes about a request at addresses that have heard of it once.
func (w *world) expectNotes(id string, addresses []string, want ...string) {
	w.t.Helper()
	for _, address := range addresses {
		notes, rest := w.notes(id, address)
		if !slices.Equal(notes, want) || rest != 1 {
			w.t.Errorf("%s has the notes %q and %d messages about %s, want %q and 1", address, notes, rest, id, want)
		}
	}
}

// TestReminders covers the life of one request, with a process that is killed again and again.
func TestReminders(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		w.remind(10*time.Minute, 30*time.Minute)
		o := w.start()
		w.cluster.put(request("r1", pending), true)
		after(9 * time.Minute)
		w.expectNotes("r1", allAddresses)
		after(time.Minute)
		w.expectNotes("r1", allAddresses, "10 minutes")
		o.die()
		o = w.start()
		after(10 * time.Minute)
		w.expectNotes("r1", allAddresses, "10 minutes")
		o.die()
		w.start()
		after(11 * time.Minute)
		w.expectNotes("r1", allAddresses, "10 minutes", "30 minutes")
		calls := w.chat.count("post", "")
		after(24 * time.Hour)
		if n := w.chat.count("post", ""); n != calls {
			t.Errorf("%d posts more", n-calls)
		}
		w.cluster.put(request("r1", approved), true)
		settle()
		w.expectClosed("r1")
	})
}

// A reminder whose time passes while no operator runs is made once, and only the latest.
func TestMissedRemindersAreOne(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.remind(10*time.Minute, 20*time.Minute, 40*time.Minute)
		o := w.start()
		w.cluster.put(request("r1", pending), true)
		settle()
		o.stop()
		after(30 * time.Minute)
		w.start()
		settle()
		w.expectNotes("r1", allAddresses, "20 minutes")
		after(time.Hour)
		w.expectNotes("r1", allAddresses, "20 minutes", "40 minutes")
	})
}

func TestADecisionEndsReminders(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.remind(10 * time.Minute)
		w.rules.Reminders = append(w.rules.Reminders, routing.Reminder{After: 10 * time.Minute, Recipients: []routing.Recipient{{Name: "boss"}}})
		w.start()
		r := request("r1", pending)
		w.cluster.put(r, true)
		after(10*time.Minute - time.Nanosecond)
		decided := request("r1", approved)
		decided.Created = r.Created
		w.cluster.put(decided, true)
		after(time.Hour)
		for _, address := range allAddresses {
			if notes, _ := w.notes("r1", address); len(notes) > 0 {
				t.Errorf("%s has the notes %q", address, notes)
			}
		}
		w.expectNone("r1", "id-boss")
		w.expectClosed("r1")
	})
}

// Whoever only a reminder names hears of the request then, and from then on all.
func TestEscalation(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		w.rules.Reminders = []routing.Reminder{{After: 10 * time.Minute, Recipients: []routing.Recipient{{Name: "boss"}, {Name: "a"}}}}
		o := w.start()
		w.cluster.put(request("r1", pending), true)
		after(9 * time.Minute)
		w.expectNone("r1", "id-boss")
		o.die()
		w.start()
		after(2 * time.Minute)
		w.expectNotes("r1", []string{"id-a", "id-boss"}, "10 minutes")
		w.expectNotes("r1", []string{"id-b", "id-c"})
		w.cluster.put(request("r1", approved), true)
		settle()
		if got := w.chat.about("r1", "id-boss")[0].last().State; got != approved {
			t.Errorf("the message shows %s", got)
		}
		w.expectClosed("r1")
	})
}

// Two operators that run at once make each reminder once.
func TestTwoOperatorsRemindOnce(t *testing.T) {
	forEachKind(t, func(t *testing.T, w *world) {
		w.remind(10 * time.Minute)
		w.delay(time.Second, time.Second)
		w.start()
		w.start()
		w.putAll(5, pending)
		after(15 * time.Minute)
		for _, id := range []string{"r0", "r1", "r2", "r3", "r4"} {
			w.expectNotes(id, allAddresses, "10 minutes")
		}
	})
}

// A note of which it is not known whether it was made is looked for, and not made again.
func TestANoteWithoutAnAnswerIsLookedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, kill := range map[string]bool{"given up": false, "killed": true} {
			w := newWorld(t, searchable)
			w.remind(10 * time.Minute)
			o := w.start()
			w.cluster.put(request("r1", pending), true)
			settle()
			w.chat.decide(func(ctx context.Context, call, _ string, effect func()) error {
				effect()
				if call == "post" {
					<-ctx.Done()
					return ctx.Err()
				}
				return nil
			})
			after(10*time.Minute + time.Second)
			if kill {
				o.die()
				w.start()
			}
			after(5 * time.Minute)
			w.expectNotes("r1", allAddresses, "10 minutes")
			w.cluster.put(request("r1", approved), true)
			after(time.Minute)
			w.expectClosed("r1")
			if t.Failed() {
				t.Fatal(name)
			}
		}
	})
}

// Rules that change while a request is pending are used at once: what was said is not said
// again.
func TestRemindersOfOtherRules(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		router := routing.NewRuleRouter(w.rules)
		w.router = router
		w.start()
		w.cluster.put(request("r1", pending), true)
		remind := func(after ...time.Duration) {
			w.rules.Reminders = nil
			w.remind(after...)
			router.Replace(w.rules)
		}
		after(5 * time.Minute)
		remind(10*time.Minute, 20*time.Minute)
		after(6 * time.Minute)
		w.expectNotes("r1", allAddresses, "10 minutes")
		remind(8*time.Minute, 15*time.Minute)
		after(time.Minute)
		w.expectNotes("r1", allAddresses, "10 minutes")
		after(3 * time.Minute)
		w.expectNotes("r1", allAddresses, "10 minutes", "15 minutes")
		remind()
		after(time.Hour)
		w.expectNotes("r1", allAddresses, "10 minutes", "15 minutes")
	})
}

// follower is a bot that can answer messages.
type follower struct {
	finder
	followed *[]messenger.Ref
}

func (f follower) Follow(ctx context.Context, to messenger.Address, previous messenger.Ref, m message.Message, key string) (messenger.Ref, error) {
	*f.followed = append(*f.followed, previous)
	return f.Post(ctx, to, m, key)
}

func TestANoteAnswersItsMessage(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		var followed []messenger.Ref
		w.wrap = func(f finder) messenger.Messenger { return follower{f, &followed} }
		w.rules = routing.Rules{Always: []string{"a"}}
		w.remind(10 * time.Minute)
		w.start()
		w.cluster.put(request("r1", accessrequest.Pending), true)
		after(10 * time.Minute)
		w.expectNotes("r1", []string{"id-a"}, "10 minutes")
		if want := []messenger.Ref{{Channel: "id-a", ID: "0"}}; !slices.Equal(followed, want) {
			t.Errorf("answered %v, want %v", followed, want)
		}
	})
}

// grouped is a bot whose service has groups, and writes mentions.
type grouped struct {
	finder
	// slow is how long groups take to be found, refused why they are not.
	slow    time.Duration
	refused error
}

func (g grouped) Resolve(ctx context.Context, recipient string) (messenger.Address, error) {
	to, err := g.finder.Resolve(ctx, recipient)
	if to.Direct {
		to.Mention = "@" + recipient
	}
	return to, err
}

func (g grouped) ResolveGroup(_ context.Context, name string) (messenger.Address, error) {
	time.Sleep(g.slow)
	return messenger.Address{ID: "group-" + name, Mention: "@" + name}, g.refused
}

// mentions returns whom the messages to an address mention, one text for each.
func (w *world) mentions(id, address string) (all []string) {
	for _, p := range w.chat.about(id, address) {
		all = append(all, strings.Join(p.last().Mentions, " "))
	}
	return all
}

func TestWhomMessagesMention(t *testing.T) {
	crew := routing.Recipient{Name: "crew", Kind: routing.Group}
	channel, user := routing.Recipient{Name: "a", Kind: routing.Channel}, routing.Recipient{Name: "u", Kind: routing.User}
	late := routing.Reminder{After: time.Hour, Recipients: []routing.Recipient{channel, user, crew, crew}, Mention: true}
	refused := failing(messenger.RecipientPermanent)
	for name, tt := range map[string]struct {
		groups grouped
		want   []string
	}{
		"found":                  {grouped{}, []string{"@crew", "@crew", "@u @crew"}},
		"found after some time":  {grouped{slow: time.Minute}, []string{"@crew", "@crew", "@u @crew"}},
		"not found":              {grouped{refused: refused}, []string{"", "", "@u"}},
		"not found after a time": {grouped{slow: time.Minute, refused: failing(messenger.Transient)}, []string{"", "", "@u"}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, w *world) {
				w.chat.direct = []string{"u", "bob@example.com"}
				w.wrap = func(f finder) messenger.Messenger { tt.groups.finder = f; return tt.groups }
				w.rules = routing.Rules{SuggestedReviewers: true, Reminders: []routing.Reminder{late}, Routes: []routing.RouteRule{{
					Name: "all", Recipients: []routing.Recipient{channel, crew}, Reminders: []routing.Reminder{{After: 30 * time.Minute}},
				}, {
					Name: "again", Recipients: []routing.Recipient{channel, crew},
				}}}
				o := w.start()
				r := request("r1", pending)
				r.SuggestedReviewers = []string{"bob@example.com"}
				w.cluster.put(r, true)
				after(time.Hour + 2*time.Minute)
				if got := w.mentions("r1", "id-a"); !slices.Equal(got, tt.want) {
					t.Errorf("the channel's messages mention %q, want %q", got, tt.want)
				}
				if got, want := w.mentions("r1", "id-u"), []string{"", ""}; !slices.Equal(got, want) {
					t.Errorf("the user's messages mention %q, want %q", got, want)
				}
				s := o.Snapshot()
				if broken := len(s.Recipients.Unresolved) > 0; broken != (tt.groups.refused != nil) {
					t.Errorf("unresolved are %v", s.Recipients.Unresolved)
				}
			})
		})
	}
}

// Where a messenger has no groups, the status says so, and channels hear all the same.
func TestGroupsThatAMessengerHasNot(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.rules = routing.Rules{Routes: []routing.RouteRule{{Name: "all", Recipients: []routing.Recipient{
			{Name: "a", Kind: routing.Channel}, {Name: "crew", Kind: routing.Group},
		}}}}
		o := w.start()
		w.cluster.put(request("r1", pending), true)
		settle()
		w.expect("r1", pending, "id-a")
		s := o.Snapshot()
		if len(s.Recipients.Unresolved) != 1 || !strings.Contains(s.Recipients.Unresolved[0].Message, "has no groups to mention") || s.Undelivered > 0 {
			t.Errorf("unresolved are %v, undelivered %d", s.Recipients.Unresolved, s.Undelivered)
		}
	})
}

// A recipient of a reminder that does not work is named at once, and counts as undelivered once
// it should have heard.
func TestABrokenRecipientOfAReminder(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.rules = routing.Rules{Always: []string{"a"}, Reminders: []routing.Reminder{
			{After: 10 * time.Minute, Recipients: []routing.Recipient{{Name: "boss"}}},
		}}
		w.chat.refuse(messenger.RecipientPermanent, func(call, address string) bool { return address == "boss" })
		o := w.start()
		w.cluster.put(request("r1", pending), true)
		for minutes, undelivered := range []int{0, 1} {
			settle()
			s := o.Snapshot()
			if len(s.Recipients.Unresolved) != 1 || s.Recipients.Unresolved[0].Recipient != "boss" || s.Undelivered != undelivered {
				t.Errorf("after %d0 minutes unresolved are %v, undelivered %d", minutes, s.Recipients.Unresolved, s.Undelivered)
			}
			after(16 * time.Minute)
		}
	})
}

// What waits for a note is not in arrears before that is due.
func TestANoteThatCannotBeMadeCountsFromItsTime(t *testing.T) {
	inBubble(t, func(t *testing.T, w *world) {
		w.rules = routing.Rules{Always: []string{"a"}}
		w.remind(30 * time.Minute)
		o := w.start()
		r := request("r1", pending)
		w.cluster.put(r, true)
		after(29 * time.Minute)
		if s := o.Snapshot(); s.Undelivered != 0 {
			t.Errorf("%d are undelivered before their time", s.Undelivered)
		}
		w.chat.refuse(messenger.Transient, func(call, _ string) bool { return call == "post" })
		after(2 * time.Minute)
		s := o.Snapshot()
		if want := r.Created.Add(30 * time.Minute); s.Undelivered != 1 || !s.Oldest.Since.Equal(want.Truncate(time.Second)) {
			t.Errorf("%d are undelivered since %s, want 1 since %s", s.Undelivered, s.Oldest.Since, want)
		}
		w.chat.decide(nil)
		after(time.Minute)
		w.expectNotes("r1", []string{"id-a"}, "30 minutes")
	})
}
