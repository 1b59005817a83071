package messenger

import (
	"context"
	"errors"
	"fmt"
	"testing"
)

func TestAsUnclear(t *testing.T) {
	refused := &Error{Class: RecipientPermanent, Call: "edit", Code: "not_in_channel"}
	got, ok := errors.AsType[*Error](AsUnclear(fmt.Errorf("wrapped: %w", refused)))
	if !ok || !got.Unclear || got.Class != refused.Class || got.Code != refused.Code {
		t.Errorf("AsUnclear = %+v, want the same error, unclear", got)
	}
	if refused.Unclear {
		t.Error("AsUnclear changed its argument")
	}
	if got := AsUnclear(context.Canceled); !errors.Is(got, context.Canceled) {
		t.Errorf("AsUnclear = %v, want the end of the context", got)
	}
}

func TestHasCode(t *testing.T) {
	err := fmt.Errorf("wrapped: %w", &Error{Code: "b"})
	for _, tt := range []struct {
		err   error
		codes []string
		want  bool
	}{
		{err, []string{"a", "b"}, true},
		{err, []string{"a"}, false},
		{err, nil, false},
		{errors.New("b"), []string{"b"}, false},
		{nil, []string{""}, false},
	} {
		if got := HasCode(tt.err, tt.codes...); got != tt.want {
			t.Errorf("HasCode(%v, %q) = %t, want %t", tt.err, tt.codes, got, tt.want)
		}
	}
}
