// Package fair has a queue in which several take turns.
package fair

import "container/list"

// Queue holds values under keys. Keys take turns; the values of one key come out in
// the order in which they were put in. Each method takes the same time however many
// values there are. The zero value is ready for use; it is not safe for concurrent
// use.
type Queue[T any] struct {
	lines map[string]*line
	// turns holds the *line of each key that has values.
	turns list.List
	size  int
}

// line holds the values of one key, as *Entry[T].
type line struct {
	key    string
	values list.List
	turn   *list.Element
}

// Entry is a value in a queue.
type Entry[T any] struct {
	Value T
	line  *line
	place *list.Element
}

// Len returns the number of values.
func (q *Queue[T]) Len() int { return q.size }

// Push puts a value behind the others of its key. A key that has no others takes its
// turn after all other keys.
func (q *Queue[T]) Push(key string, value T) *Entry[T] {
	l, ok := q.lines[key]
	if !ok {
		l = q.join(key)
		l.turn = q.turns.PushBack(l)
	}
	e := &Entry[T]{Value: value, line: l}
	e.place = l.values.PushBack(e)
	q.size++
	return e
}

// PushFront puts a value before the others of its key. A key that has no others has
// the next turn.
func (q *Queue[T]) PushFront(key string, value T) *Entry[T] {
	l, ok := q.lines[key]
	if !ok {
		l = q.join(key)
		l.turn = q.turns.PushFront(l)
	}
	e := &Entry[T]{Value: value, line: l}
	e.place = l.values.PushFront(e)
	q.size++
	return e
}

func (q *Queue[T]) join(key string) *line {
	if q.lines == nil {
		q.lines = map[string]*line{}
	}
	l := &line{key: key}
	q.lines[key] = l
	return l
}

// Peek returns the next value, nil if there is none.
func (q *Queue[T]) Peek() *Entry[T] {
	turn := q.turns.Front()
	if turn == nil {
		return nil
	}
	l, _ := turn.Value.(*line)
	e, _ := l.values.Front().Value.(*Entry[T])
	return e
}

// Take removes a value, and ends the turn of its key.
func (q *Queue[T]) Take(e *Entry[T]) T {
	q.turns.MoveToBack(e.line.turn)
	return q.Remove(e)
}

// Remove removes a value. Its key keeps its turn.
func (q *Queue[T]) Remove(e *Entry[T]) T {
	l := e.line
	l.values.Remove(e.place)
	q.size--
	if l.values.Len() == 0 {
		q.turns.Remove(l.turn)
		delete(q.lines, l.key)
	}
	return e.Value
}
