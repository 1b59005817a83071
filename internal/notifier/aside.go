package notifier

import (
	"fmt"
	"runtime/debug"

	"github.com/accessnotifier/accessnotifier/internal/notifier/quarantine"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// putAside puts the request aside when the function that defers it panics.
func (n *Notifier) putAside(id string) {
	value := recover()
	if value == nil {
		return
	}
	n.options.Log.Error(quarantine.ErrPanic, "Put an access request aside", "request", id,
		"type", fmt.Sprintf("%T", value), "stack", string(debug.Stack()))
	wait, news := n.quarantine.Add(id)
	n.queue.AddAfter(id, wait)
	if news {
		n.announcer.Give(status.Notice{
			Reason:  status.NoticeRequestFailed,
			Text:    fmt.Sprintf("Access request %s cannot be worked on because of a bug and is tried again later; please report it", id),
			Request: id,
			Warning: true,
		})
	}
	n.options.Changed()
}
