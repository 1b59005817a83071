package keeper

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/notifier/record"
)

func pending(reviews int) record.Sighting {
	return record.Sighting{Mark: record.Mark{State: accessrequest.Pending, Reviews: reviews}}
}

// post has a keeper claim and make a post to the address "a".
func post(t *testing.T, k *Keeper, id string) {
	t.Helper()
	if _, err := k.Claim(t.Context(), claimPost(1, k.writer)); err != nil {
		t.Fatal(err)
	}
	k.Learn(func(r *record.Record) { r.Posted("a", []messenger.Ref{ref(id)}, "posted", 0) })
}

// edit has a keeper claim and make an edit of the message at the address "a".
func edit(t *testing.T, k *Keeper, shows string) {
	t.Helper()
	claim := record.Claim{What: record.Edit, By: k.writer, Gen: 2}
	if _, err := k.Claim(t.Context(), func(r *record.Record) bool { return r.Claim("a", claim, nil) }); err != nil {
		t.Fatal(err)
	}
	known := k.Record().To["a"]
	k.Learn(func(r *record.Record) { r.Edited("a", claim, known, shows) })
}

func stored(t *testing.T, m *memory) record.Record {
	t.Helper()
	r, err := record.Decode(m.text)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestWhatHadNoRoomIsStoredByARetry covers all that was done while there was none, in order.
func TestWhatHadNoRoomIsStoredByARetry(t *testing.T) {
	m := &memory{fate: func(func() error) error { return errors.New("the store was asked") }}
	k := newKeeper(t, m, "a")
	k.See(pending(0))
	k.Learn(func(r *record.Record) { r.Introduce(messenger.Address{ID: "b"}, "b", record.Reviewer) })
	if !k.Crowd() || k.Crowd() || k.Dirty() || !k.InMemory() {
		t.Error("it is news once that there is no room, and nothing is to be stored from then on")
	}
	post(t, k, "1")
	denied := record.Mark{State: accessrequest.Denied}
	k.See(record.Sighting{Mark: denied})
	edit(t, k, "denied")
	final := k.Record().To
	k.Learn(func(r *record.Record) { r.Close(denied, final) })
	k.See(record.Sighting{})
	if r := k.Record(); r.Mark != denied || r.Status != record.Closed || r.To["a"].Shown != "denied" {
		t.Errorf("unexpected record in memory %+v", r)
	}

	m.fate = func(func() error) error { return accessrequest.ErrRecordTooLarge }
	if _, err := k.Retry(t.Context()); !errors.Is(err, accessrequest.ErrRecordTooLarge) || !k.Crowded() {
		t.Errorf("a retry without room got %v", err)
	}
	if news, err := k.Retry(t.Context()); err != nil || news || k.InMemory() || k.Dirty() {
		t.Errorf("a retry with room got %v, news: %t, in memory: %t", err, news, k.InMemory())
	}
	if r := stored(t, m); r.Mark != denied || r.Status != record.Closed || r.To["a"].Ref != "c/1" {
		t.Errorf("the store holds %s", m.text)
	}
	if m.fate = nil; k.Crowded() {
		t.Error("it has room now")
	}
	if _, err := k.Retry(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestWhatOthersStoredMeanwhileStays covers another writer that had room.
func TestWhatOthersStoredMeanwhileStays(t *testing.T) {
	m := &memory{}
	k := newKeeper(t, m, "a")
	post(t, k, "1")
	if _, err := k.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	other := newKeeper(t, m, "b")
	k.Crowd()
	k.See(pending(1))
	edit(t, k, "one review")

	other.See(pending(2))
	claim := record.Claim{What: record.Reply, Key: "k", By: "b", Gen: 1}
	if _, err := other.Claim(t.Context(), func(r *record.Record) bool { return r.Claim("a", claim, nil) }); err != nil {
		t.Fatal(err)
	}
	edit(t, other, "two reviews")
	if _, err := other.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}

	news, err := k.Retry(t.Context())
	if err != nil || !news {
		t.Errorf("got %v, news: %t", err, news)
	}
	r := stored(t, m)
	if e := r.To["a"]; r.Reviews != 2 || e.Make == nil || *e.Make != claim || e.Ref != "c/1" {
		t.Errorf("what the other writer stored is gone: %s", m.text)
	}
	if e := r.To["a"]; e.Shown != "" {
		t.Errorf("the record says that %q is shown, and nothing is known of whose edit was the last", e.Shown)
	}
}

// TestARetryOfAnUnclearWriteIsNoNews covers one that took effect although it failed.
func TestARetryOfAnUnclearWriteIsNoNews(t *testing.T) {
	m := &memory{}
	k := newKeeper(t, m, "a")
	k.Crowd()
	post(t, k, "1")
	edit(t, k, "shown")
	m.fate = func(write func() error) error {
		_ = write()
		return context.DeadlineExceeded
	}
	if _, err := k.Retry(t.Context()); err == nil || !k.Crowded() {
		t.Fatalf("got %v", err)
	}
	k.Learn(func(r *record.Record) { r.Below("a", nil, 1, 0) })
	if _, err := k.Retry(t.Context()); err != nil {
		t.Fatal(err)
	}
	if e := stored(t, m).To["a"]; e.Shown != "shown" || e.Replies != 1 || len(e.Strays) > 0 {
		t.Errorf("the store holds %s", m.text)
	}
}

// TestNothingWaitsForARetry covers claims while the store gives a retry no answer.
func TestNothingWaitsForARetry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &memory{fate: func(write func() error) error {
			time.Sleep(time.Minute)
			return write()
		}}
		k := newKeeper(t, m, "a")
		k.Crowd()
		k.Learn(func(r *record.Record) { r.Introduce(messenger.Address{ID: "b"}, "b", record.Reviewer) })
		go func() { _, _ = k.Retry(t.Context()) }()
		synctest.Wait()
		began := time.Now()
		post(t, k, "1")
		if waited := time.Since(began); waited != 0 {
			t.Errorf("a claim took %s", waited)
		}
		time.Sleep(time.Hour)
		if k.InMemory() || !k.Dirty() || strings.Contains(m.text, "c/1") {
			t.Errorf("the store holds %s", m.text)
		}
		if _, err := k.Flush(t.Context()); err != nil || stored(t, m).To["a"].Ref != "c/1" {
			t.Errorf("got %v, the store holds %s", err, m.text)
		}
	})
}

// TestWhatWaitsForRoomIsBounded learns more than can be kept.
func TestWhatWaitsForRoomIsBounded(t *testing.T) {
	m := &memory{}
	k := newKeeper(t, m, "a")
	k.Crowd()
	for i := range maxKept + 1 {
		k.Learn(func(r *record.Record) { r.Introduce(messenger.Address{ID: fmt.Sprint(i % 10)}, "", record.Reviewer) })
	}
	if k.Crowded() || !k.InMemory() || len(k.Record().To) != 10 {
		t.Errorf("kept in memory: %t, until there is room: %t", k.InMemory(), k.Crowded())
	}
	if _, err := k.Retry(t.Context()); err != nil || m.text != "" {
		t.Errorf("got %v, the store holds %s", err, m.text)
	}
}

// TestADamagedRecordWithoutRoomIsRepairedByARetry has nothing else to store.
func TestADamagedRecordWithoutRoomIsRepairedByARetry(t *testing.T) {
	m := &memory{text: "garbage"}
	k, err := New("r", "a", m, func() record.Owner { return record.Owner{} }, m.text)
	if err == nil || !k.Dirty() {
		t.Fatalf("got %v", err)
	}
	k.Crowd()
	if _, err := k.Retry(t.Context()); err != nil || m.text == "garbage" {
		t.Errorf("got %v, the store holds %s", err, m.text)
	}
}
