package main

import (
	"fmt"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// messageBacklog is how many messages may wait to be printed.
const messageBacklog = 1024

// arrival is a message that was posted or changed.
type arrival struct {
	chat *chat
	post messengertest.Post
}

// printMessages prints every message as it comes. The returned function stops
// that after what has come until then.
func (d *demo) printMessages() (stop func()) {
	arrivals := make(chan arrival, messageBacklog)
	var cancels []func()
	for _, c := range d.chats {
		cancels = append(cancels, c.simulator.Subscribe(func(post messengertest.Post) {
			select {
			case arrivals <- arrival{c, post}:
			default:
				// Printing never slows the service down.
			}
		}))
	}
	quit, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		d.printArrivals(arrivals, quit)
	}()
	return func() {
		for _, cancel := range cancels {
			cancel()
		}
		close(quit)
		<-done
	}
}

func (d *demo) printArrivals(arrivals <-chan arrival, quit <-chan struct{}) {
	// shown is the text of the last box: most recipients see the same.
	shown := ""
	for {
		select {
		case a := <-arrivals:
			shown = d.printArrival(a, shown)
			continue
		default:
		}
		select {
		case a := <-arrivals:
			shown = d.printArrival(a, shown)
		case <-quit:
			return
		}
	}
}

func (d *demo) printArrival(a arrival, shown string) string {
	place, text := a.chat.place(a.post), notice(a.post)
	if a.post.ThreadOf != "" {
		first, _, _ := strings.Cut(text, "\n")
		d.out.aside(fmt.Sprintf("thread in %s: %s", place, first))
		return shown
	}
	note := "posted"
	if a.post.Revisions > 1 {
		note = "edited"
	}
	if text == shown {
		d.out.aside(fmt.Sprintf("%s the same for %s", note, place))
		return shown
	}
	d.out.box(a.chat.title+" "+place, note+" "+a.post.Updated.Local().Format("15:04:05.000"), text)
	return text
}
