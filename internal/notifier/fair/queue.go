// Package fair has a queue in which several take turns.
package fair

import (
	"container/heap"
	"container/list"
)

// Queue holds values under keys. Keys take turns; the values of one key come out in
// the order in which they were put in. Each method takes O(log n) for n keys, however
// many values there are. The zero value is ready for use; it is not safe for
// concurrent use.
type Queue[T any] struct {
	lines map[string]*line
	turns turns
	last  Turn
	size  int
}

// Turn is when a key is next. The zero Turn stands for one after all others.
type Turn uint64

// line holds the values of one key, as *Entry[T].
type line struct {
	key    string
	values list.List
	turn   Turn
	index  int // in turns
}

// Entry is a value in a queue.
type Entry[T any] struct {
	Value T
	line  *line
	place *list.Element
}

// Turn returns the next turn of the entry's key.
func (e *Entry[T]) Turn() Turn { return e.line.turn }

// Len returns the number of values.
func (q *Queue[T]) Len() int { return q.size }

// Push puts a value behind the others of its key. A key that has no others takes its
// turn after all other keys.
func (q *Queue[T]) Push(key string, value T) *Entry[T] {
	return q.Restore(key, value, 0)
}

// Restore is Push for a key that had a turn and has not used it. If the key has no
// others, that is its turn again.
func (q *Queue[T]) Restore(key string, value T, turn Turn) *Entry[T] {
	e := &Entry[T]{Value: value, line: q.join(key, turn)}
	e.place = e.line.values.PushBack(e)
	return e
}

// PushFront is Push, but before the others of the key.
func (q *Queue[T]) PushFront(key string, value T) *Entry[T] {
	e := &Entry[T]{Value: value, line: q.join(key, 0)}
	e.place = e.line.values.PushFront(e)
	return e
}

// join returns the line of a key that is about to get a value.
func (q *Queue[T]) join(key string, turn Turn) *line {
	q.size++
	if l, ok := q.lines[key]; ok {
		return l
	}
	if turn == 0 {
		q.last++
		turn = q.last
	}
	if q.lines == nil {
		q.lines = map[string]*line{}
	}
	l := &line{key: key, turn: turn}
	q.lines[key] = l
	heap.Push(&q.turns, l)
	return l
}

// Peek returns the next value, nil if there is none.
func (q *Queue[T]) Peek() *Entry[T] {
	if len(q.turns) == 0 {
		return nil
	}
	e, _ := q.turns[0].values.Front().Value.(*Entry[T])
	return e
}

// Take removes a value, and ends the turn of its key.
func (q *Queue[T]) Take(e *Entry[T]) T {
	q.last++
	e.line.turn = q.last
	heap.Fix(&q.turns, e.line.index)
	return q.Remove(e)
}

// Remove removes a value. Its key keeps its turn.
func (q *Queue[T]) Remove(e *Entry[T]) T {
	l := e.line
	l.values.Remove(e.place)
	q.size--
	if l.values.Len() == 0 {
		heap.Remove(&q.turns, l.index)
		delete(q.lines, l.key)
	}
	return e.Value
}

// turns implements heap.Interface.
type turns []*line

func (t turns) Len() int           { return len(t) }
func (t turns) Less(i, j int) bool { return t[i].turn < t[j].turn }

func (t turns) Swap(i, j int) {
	t[i], t[j] = t[j], t[i]
	t[i].index, t[j].index = i, j
}

// Push implements heap.Interface.
func (t *turns) Push(x any) {
	l, _ := x.(*line)
	l.index = len(*t)
	*t = append(*t, l)
}

// Pop implements heap.Interface.
func (t *turns) Pop() any {
	n := len(*t) - 1
	l := (*t)[n]
	(*t)[n] = nil
	*t = (*t)[:n]
	return l
}
