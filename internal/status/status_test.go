package status

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestRecordsOfOthersAreAProblem(t *testing.T) {
	clash := Deliveries{Counted: true, Clash: 2}.NameClash()
	if clash == nil || clash.Reason != ReasonNameClash || !clash.Permanent {
		t.Fatalf("the clash shows as %+v", clash)
	}
	for _, words := range []string{"2 access requests", "rename one"} {
		if !strings.Contains(clash.Message, words) {
			t.Errorf("the message lacks %q: %s", words, clash.Message)
		}
	}
	if clash := (Deliveries{Counted: true}).NameClash(); clash != nil {
		t.Errorf("the clash is over, but shows as %+v", clash)
	}
}

// described is an error that says what is wrong.
type described struct{ problem Problem }

func (d described) Error() string   { return d.problem.Message }
func (d described) Status() Problem { return d.problem }

func TestAnErrorDescribesItself(t *testing.T) {
	denied := Problem{Reason: ReasonPermissionDenied, Message: "Allow it.", Permanent: true}
	otherwise := Problem{Reason: ReasonConnectionFailed, Message: "It failed."}
	if got := Of(fmt.Errorf("reading: %w", described{denied}), otherwise); got == nil || *got != denied {
		t.Errorf("an error that describes itself is %+v", got)
	}
	if got := Of(errors.New("secret"), otherwise); got == nil || *got != otherwise {
		t.Errorf("another error is %+v", got)
	}
	if got := Of(nil, otherwise); got != nil {
		t.Errorf("no error is %+v", got)
	}
}
