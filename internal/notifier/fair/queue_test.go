package fair_test

import (
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/notifier/fair"
)

func drain(q *fair.Queue[string]) string {
	var got []string
	for e := q.Peek(); e != nil; e = q.Peek() {
		got = append(got, q.Take(e))
	}
	return strings.Join(got, " ")
}

func push(q *fair.Queue[string], values ...string) {
	for _, v := range values {
		q.Push(v[:1], v)
	}
}

func TestKeysTakeTurnsAndValuesKeepTheirOrder(t *testing.T) {
	var q fair.Queue[string]
	push(&q, "a1", "a2", "a3", "b1", "c1", "b2")
	if q.Len() != 6 {
		t.Errorf("Len is %d, want 6", q.Len())
	}
	if got, want := drain(&q), "a1 b1 c1 a2 b2 a3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if q.Len() != 0 || q.Peek() != nil {
		t.Errorf("Len is %d after all were taken", q.Len())
	}
}

func TestAKeyThatComesBackWaitsForAllOthers(t *testing.T) {
	var q fair.Queue[string]
	push(&q, "a1", "b1", "b2")
	q.Take(q.Peek())
	push(&q, "a2")
	if got, want := drain(&q), "b1 a2 b2"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAKeyThatDidNotUseItsTurnHasItAgain(t *testing.T) {
	var q fair.Queue[string]
	push(&q, "a1", "b1", "c1", "c2")
	a, turnOfA := q.Peek(), q.Peek().Turn()
	q.Take(a)
	b, turnOfB := q.Peek(), q.Peek().Turn()
	q.Take(b)
	c, turnOfC := q.Peek(), q.Peek().Turn()
	q.Take(c)
	q.Restore("c", "c3", turnOfC) // has another turn already
	q.Restore("b", "b1", turnOfB)
	q.Restore("a", "a1", turnOfA)
	if got, want := drain(&q), "a1 b1 c2 c3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAValueAtTheFrontIsTheNextOfItsKey(t *testing.T) {
	var q fair.Queue[string]
	push(&q, "a1", "b1")
	q.PushFront("b", "b0")
	q.PushFront("c", "c0")
	if got, want := drain(&q), "a1 b0 c0 b1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestRemovingAValueKeepsTheTurns(t *testing.T) {
	var q fair.Queue[string]
	first := q.Push("a", "a1")
	push(&q, "a2", "b1")
	only := q.Push("c", "c1")
	q.Remove(first)
	q.Remove(only)
	if got, want := drain(&q), "a2 b1"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
