package main

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

const (
	// messageBacklog is how many messages may wait to be printed.
	messageBacklog = 1024
	// quietFor is how long nothing must have come before what came is printed:
	// the messages to all recipients of a request belong together.
	quietFor = 60 * time.Millisecond
)

// arrival is a message that was posted or changed.
type arrival struct {
	chat *chat
	post messengertest.Post
}

// transcript prints messages as they come: those of the first chat in full, and
// of each other chat the first one. After that, a line of them says enough.
type transcript struct {
	out      *printer
	chats    []*chat
	shown    map[*chat]bool
	arrivals chan arrival
	flushes  chan chan struct{}
	cancels  []func()
	quit     chan struct{}
	ended    chan struct{}
}

// newTranscript prints all messages of the chats from now on, until stop.
func newTranscript(out *printer, chats []*chat) *transcript {
	t := &transcript{
		out:      out,
		chats:    chats,
		shown:    map[*chat]bool{},
		arrivals: make(chan arrival, messageBacklog),
		flushes:  make(chan chan struct{}),
		quit:     make(chan struct{}),
		ended:    make(chan struct{}),
	}
	for _, c := range chats {
		t.cancels = append(t.cancels, c.simulator.Subscribe(func(post messengertest.Post) {
			select {
			case t.arrivals <- arrival{c, post}:
			default:
				// Printing never slows the service down.
			}
		}))
	}
	go t.run()
	return t
}

// flush prints all that has come.
func (t *transcript) flush() {
	done := make(chan struct{})
	t.flushes <- done
	<-done
}

// stop prints all that has come, and nothing more.
func (t *transcript) stop() {
	for _, cancel := range t.cancels {
		cancel()
	}
	t.flush()
	close(t.quit)
	<-t.ended
}

func (t *transcript) run() {
	defer close(t.ended)
	var waiting []arrival
	var quiet <-chan time.Time
	for {
		select {
		case a := <-t.arrivals:
			waiting = append(waiting, a)
			quiet = time.After(quietFor)
		case <-quiet:
			t.print(waiting)
			waiting, quiet = nil, nil
		case done := <-t.flushes:
			t.print(append(waiting, drain(t.arrivals)...))
			waiting, quiet = nil, nil
			close(done)
		case <-t.quit:
			return
		}
	}
}

func drain(arrivals <-chan arrival) []arrival {
	var all []arrival
	for {
		select {
		case a := <-arrivals:
			all = append(all, a)
		default:
			return all
		}
	}
}

// same is what messages have in common that are printed as one.
type same struct {
	chat   *chat
	text   string
	edited bool
	reply  bool
}

// print prints messages that came together, chat by chat: first those in
// channels, each text once, with all places that got it.
func (t *transcript) print(arrivals []arrival) {
	var order []same
	posts := map[same][]messengertest.Post{}
	for _, a := range arrivals {
		key := same{a.chat, a.chat.dialect.notice(a.post), a.post.Revisions > 1, a.post.ThreadOf != ""}
		if posts[key] == nil {
			order = append(order, key)
		}
		posts[key] = append(posts[key], a.post)
	}
	slices.SortStableFunc(order, func(x, y same) int {
		return cmp.Compare(slices.Index(t.chats, x.chat), slices.Index(t.chats, y.chat))
	})
	for _, key := range order {
		t.printSame(key, posts[key])
	}
}

func (t *transcript) printSame(key same, posts []messengertest.Post) {
	slices.SortStableFunc(posts, func(x, y messengertest.Post) int {
		return cmp.Or(cmp.Compare(direct(x), direct(y)), cmp.Compare(key.chat.place(x), key.chat.place(y)))
	})
	var places []string
	for _, post := range posts {
		places = append(places, key.chat.place(post))
	}
	first, _, _ := strings.Cut(key.text, "\n")
	if key.reply {
		t.out.aside("in the thread: " + first)
		return
	}
	note := "posted "
	if key.edited {
		note = "edited "
	}
	place, note := key.chat.title()+" "+places[0], note+posts[0].Updated.Local().Format("15:04:05")
	if key.chat == t.chats[0] || !t.shown[key.chat] {
		t.out.box(place, note, key.text)
	} else {
		t.out.brief(place, note, first)
	}
	t.shown[key.chat] = true
	if len(places) > 1 {
		t.out.aside("the same to " + strings.Join(places[1:], ", "))
	}
}

func direct(post messengertest.Post) int {
	if post.Direct {
		return 1
	}
	return 0
}
