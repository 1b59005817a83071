package match

import (
	"strings"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// TestConditionsThatWouldNeverEnd are written by a tenant who wants the operator to stand
// still: each would take 2^n steps, or hours, in one call whose cost CEL counts afterwards.
func TestConditionsThatWouldNeverEnd(t *testing.T) {
	var bind strings.Builder
	bind.WriteString(`[[1]].exists(a, `)
	for range 60 {
		bind.WriteString(`[[a, a]].exists(a, `)
	}
	bind.WriteString("a == a" + strings.Repeat(")", 61))
	for condition, want := range map[string]string{
		`[1]` + strings.Repeat(`.map(a, {a: a})`, 4) + `.size() == 1`:   `the keys of a map must be written out`,
		`[1]` + strings.Repeat(`.map(a, [a])`, 240) + `.size() == 1`:    `it is nested too deep`,
		`[[1]]` + strings.Repeat(`.map(a, a + a)`, 60) + `.size() == 1`: `it is nested too deep`,
		bind.String(): `it is nested too deep`,
		`[[1]]` + strings.Repeat(`.map(a, a + a)`, 4) + `.size() == 1`:                        `lists cannot be joined`,
		`(request.roles + request.roles).exists(r, r == "x")`:                                 `:1:16: lists cannot be joined`,
		`[1]` + strings.Repeat(`.map(a, [a, a])`, 4) + `.exists(a, a == a)`:                   `can be compared`,
		`[1]` + strings.Repeat(`.map(a, [a, a])`, 4) + `.exists(a, a in [a])`:                 `can be looked for`,
		`[1]` + strings.Repeat(`.map(a, [a, a])`, 4) + `.exists(a, [?optional.of(a)] == [a])`: `can be compared`,
		`[1].map(a, [a, a]).exists(a, optional.of([a]) == optional.of([a]))`:                  `can be compared`,
		`request == request`:                                                   `can be compared`,
		`dyn([1]).map(a, dyn([a, a])).exists(a, a == a)`:                       `dyn is not there`,
		`google.protobuf.Value{string_value: "x"} == request.user`:             `objects cannot be made`,
		`[1, [1]].exists(a, a == a)`:                                           `expected type 'int' but found 'list(int)'`,
		`request.reason.matches(request.user)`:                                 `:1:31: the pattern must be written out`,
		`request.reason.matches("` + strings.Repeat("a{1000}", 100) + `")`:     `:1:24: the pattern is too long, or repeats too much`,
		`matches(request.reason, "(` + strings.Repeat("a{100}b?", 20) + `)+")`: `the pattern is too long, or repeats too much`,
	} {
		began := time.Now()
		_, err := Source{Condition: condition}.Compile()
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %s", condition, err, want)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%.80s: it took %v", condition, took)
		}
	}
}

// TestConditionsThatTakeLong are within the shape that conditions may have, and are cut off
// before they take long.
func TestConditionsThatTakeLong(t *testing.T) {
	asked := accessrequest.Request{Reason: strings.Repeat("a", 4096)}
	long := `[request.reason` + strings.Repeat(` + request.reason`, 7) + `]`
	hundred := `[` + strings.Repeat("1,", 99) + `1]`
	for condition, want := range map[string]string{
		long + `.exists(a, a.matches("(a|aa|aaa){30}$"))`:                                          `it takes too long`,
		`[` + strings.Repeat("1,", 999) + `1].all(i, request.reason.matches("(a|aa|aaa){10}$"))`:   `it takes too long`,
		long + `.exists(a, ` + hundred + `.all(i, ` + hundred + `.all(j, size(a) > 0)))`:           `it takes too long`,
		long + `.exists(a, [` + hundred + `.map(i, a)].exists(b, ` + hundred + `.all(i, b == b)))`: `it takes too long`,
	} {
		m, err := Source{Condition: condition}.Compile()
		if err != nil {
			t.Errorf("%.80s: %v", condition, err)
			continue
		}
		began := time.Now()
		_, err = m.Fulfils(&routing.Facts{Request: asked})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.80s: %v, want %s", condition, err, want)
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%.80s: it took %v", condition, took)
		}
	}
}
