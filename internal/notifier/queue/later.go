package queue

import (
	"container/heap"
	"time"
)

// later are the ids that are due later, the first one in front. It implements heap.Interface; the
// zero value is empty.
type later struct {
	entries []entry
	// index is where in entries an id is.
	index map[string]int
}

type entry struct {
	id string
	at time.Time
}

// put has an id due at a time, unless it is due before. It reports whether that is now the first.
func (l *later) put(id string, at time.Time) (first bool) {
	i, is := l.index[id]
	switch {
	case is && !at.Before(l.entries[i].at):
		return false
	case is:
		l.entries[i].at = at
		heap.Fix(l, i)
	default:
		heap.Push(l, entry{id, at})
	}
	return l.index[id] == 0
}

// Len implements heap.Interface.
func (l *later) Len() int { return len(l.entries) }

// Less implements heap.Interface.
func (l *later) Less(i, j int) bool { return l.entries[i].at.Before(l.entries[j].at) }

// Swap implements heap.Interface.
func (l *later) Swap(i, j int) {
	l.entries[i], l.entries[j] = l.entries[j], l.entries[i]
	l.index[l.entries[i].id], l.index[l.entries[j].id] = i, j
}

// Push implements heap.Interface.
func (l *later) Push(x any) {
	e, _ := x.(entry)
	if l.index == nil {
		l.index = map[string]int{}
	}
	l.index[e.id] = len(l.entries)
	l.entries = append(l.entries, e)
}

// Pop implements heap.Interface.
func (l *later) Pop() any {
	last := len(l.entries) - 1
	e := l.entries[last]
	l.entries[last] = entry{}
	l.entries = l.entries[:last]
	delete(l.index, e.id)
	return e
}
