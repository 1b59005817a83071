package check

import (
	"reflect"
	"strings"

	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/wording"
)

// wording checks that messages can be worded as the spec says, if it says anything of that.
func (o Options) wording(s section) {
	if reflect.DeepEqual(o.Spec.Wording, wording.Spec{}) {
		return
	}
	problems := wording.New(o.Spec.Wording).Status().Invalid
	for _, problem := range problems {
		path, finding, _ := strings.Cut(problem, ":")
		s.add(Failed, path, strings.TrimSpace(finding), "Mend it; until then messages go without it")
	}
	if len(problems) == 0 {
		s.passed("spec.message", "messages can be worded as it says")
	}
}

// language is what test messages are in.
func (o Options) language() message.Language { return message.Language(o.Spec.Wording.Locale) }
