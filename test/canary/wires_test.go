package canary

import (
	"fmt"
	"slices"
	"strings"

	"github.com/accessnotifier/accessnotifier/test/kit/canary"
)

// astray are the canaries that were sent to whom they are none of the business of, or in a part
// of a call that is not for them.
func (w *world) astray() (all []string) {
	for _, c := range w.chats {
		if f, ok := c.front.(*front); ok {
			all = append(all, w.astrayAt(f)...)
		}
		for _, post := range c.Posts() {
			for _, finding := range w.nest.Found(post.Text, canary.Secret) {
				all = append(all, fmt.Sprintf("a message in %s: %s", c.service.Title(), finding))
			}
		}
	}
	for _, told := range w.told.wires() {
		for _, finding := range w.nest.Found(told.body) {
			// Records keep of a request what its messages need once it is gone.
			if finding.Kind == canary.Secret || told.head != "SubmitAccessReview" && told.head != "UpdatePluginData" {
				all = append(all, fmt.Sprintf("Teleport was told by %s: %s", told.head, finding))
			}
		}
	}
	for _, finding := range w.nest.Found(w.proxied.String()) {
		if !strings.HasPrefix(finding.Name, "proxy/") {
			all = append(all, fmt.Sprintf("the proxy was told: %s", finding))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// astrayAt are those that went to an HTTP service: secrets of others, and what people typed
// anywhere but in the content of a message.
func (w *world) astrayAt(f *front) (all []string) {
	for _, heard := range f.wires() {
		for _, finding := range w.nest.Found(heard.head+"\n"+heard.body, canary.Secret) {
			if !strings.HasPrefix(finding.Name, f.name+"/") && !strings.HasPrefix(finding.Name, misplaced) {
				all = append(all, fmt.Sprintf("%s was sent: %s", f.name, finding))
			}
		}
		for _, finding := range w.nest.Found(heard.head, canary.Text) {
			all = append(all, fmt.Sprintf("%s was sent, in a URL or header: %s", f.name, finding))
		}
	}
	return all
}
