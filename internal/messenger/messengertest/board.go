package messengertest

import (
	"cmp"
	"slices"
	"sync"
)

// entry is a stored message: what readers see of it, and what the service
// keeps of it.
type entry[M any] struct {
	post   Post
	author string
	msg    M
}

// board holds the messages of one service and tells subscribers of changes.
// All methods but those that start with an upper-case letter, and flush, need
// the service's lock.
type board[M any] struct {
	lock      *sync.Mutex
	entries   []*entry[M]
	byID      map[string]*entry[M]
	byChannel map[string][]*entry[M]

	changed     []Post
	subscribers map[int]func(Post)
	nextID      int
	telling     sync.Mutex
}

func newBoard[M any](lock *sync.Mutex) *board[M] {
	return &board[M]{
		lock:        lock,
		byID:        map[string]*entry[M]{},
		byChannel:   map[string][]*entry[M]{},
		subscribers: map[int]func(Post){},
	}
}

// Posts returns all messages, oldest first.
func (b *board[M]) Posts() []Post {
	b.lock.Lock()
	defer b.lock.Unlock()
	return snapshot(b.entries)
}

// PostsIn returns the messages in the channel of the given id, oldest first.
func (b *board[M]) PostsIn(channel string) []Post {
	b.lock.Lock()
	defer b.lock.Unlock()
	return snapshot(b.byChannel[channel])
}

func snapshot[M any](entries []*entry[M]) []Post {
	posts := make([]Post, len(entries))
	for i, e := range entries {
		posts[i] = e.post.clone()
	}
	return posts
}

// Subscribe calls f with each message that is posted, edited or reacted to,
// one at a time and in order, before the caller of the API has its answer. f
// must not call the API itself. The returned function ends the subscription.
func (b *board[M]) Subscribe(f func(Post)) (cancel func()) {
	b.lock.Lock()
	defer b.lock.Unlock()
	id := b.nextID
	b.nextID++
	b.subscribers[id] = f
	return func() {
		b.lock.Lock()
		defer b.lock.Unlock()
		delete(b.subscribers, id)
	}
}

func (b *board[M]) add(e *entry[M]) {
	b.entries = append(b.entries, e)
	b.byID[e.post.Channel+"/"+e.post.ID] = e
	b.byChannel[e.post.Channel] = append(b.byChannel[e.post.Channel], e)
	b.touch(e)
}

func (b *board[M]) find(channel, id string) *entry[M] {
	return b.byID[channel+"/"+id]
}

// touch notes that e changed. Nothing is noted without subscribers.
func (b *board[M]) touch(e *entry[M]) {
	if len(b.subscribers) > 0 {
		b.changed = append(b.changed, e.post.clone())
	}
}

// flush tells the subscribers what changed. The lock must not be held.
func (b *board[M]) flush() {
	b.telling.Lock()
	defer b.telling.Unlock()
	changed, subscribers := b.drain()
	for _, post := range changed {
		for _, tell := range subscribers {
			tell(post)
		}
	}
}

func (b *board[M]) drain() ([]Post, []func(Post)) {
	b.lock.Lock()
	defer b.lock.Unlock()
	if len(b.changed) == 0 {
		return nil, nil
	}
	changed := b.changed
	b.changed = nil
	ids := make([]int, 0, len(b.subscribers))
	for id := range b.subscribers {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, cmp.Compare)
	subscribers := make([]func(Post), 0, len(ids))
	for _, id := range ids {
		subscribers = append(subscribers, b.subscribers[id])
	}
	return changed, subscribers
}
