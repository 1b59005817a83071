package simulation

import (
	"encoding/json"
	"strings"
)

// claims notes what the keys are for under which a record claims messages, made or not.
func (c *chat) claims(request, text string) {
	for key, address := range claimed(text) {
		at := place{request, c.channelOf(address)}
		c.mu.Lock()
		if _, known := c.keys[key]; !known {
			c.keys[key] = at
		}
		c.mu.Unlock()
	}
}

// claimed returns the addresses at which a record claims messages, by the key of each.
func claimed(text string) map[string]string {
	var record struct {
		To map[string]struct {
			Make struct {
				What string `json:"do"`
				Key  string `json:"key"`
			} `json:"make"`
		} `json:"to"`
	}
	if json.Unmarshal([]byte(text), &record) != nil {
		return nil
	}
	found := map[string]string{}
	for address, entry := range record.To {
		if c := entry.Make; c.Key != "" && c.What != "reply" {
			found[c.Key] = address
		}
	}
	return found
}

// edits reports whether a record claims, or claimed when it was dropped, an edit of a message in a
// channel: until that is settled, no operator knows what the message shows.
func (w *world) edits(at place) bool {
	var record struct {
		To map[string]struct {
			Ref  string `json:"ref"`
			Edit any    `json:"edit"`
		} `json:"to"`
	}
	w.records.mu.Lock()
	text := w.records.texts[at.request]
	w.records.mu.Unlock()
	if json.Unmarshal([]byte(text), &record) != nil {
		return false
	}
	for _, entry := range record.To {
		if entry.Edit != nil && strings.HasPrefix(entry.Ref, at.channel+"/") {
			return true
		}
	}
	return false
}
