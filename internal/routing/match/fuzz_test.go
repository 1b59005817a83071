package match

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// slow is far longer than what a condition may cost takes, on any machine.
const slow = 10 * time.Second

// FuzzCondition: whatever a condition and a request are, the condition compiles or says where it
// does not, and its answer costs no more than it may and is the same the second time.
func FuzzCondition(f *testing.F) {
	for _, source := range []string{
		"", "true", "1", "request", `request.user.endsWith("@example.com") && "editor" in request.roles`,
		`request.roles.exists(r, r.startsWith("prod-")) || size(request.reason) > 3`,
		`request.resources.exists(r, r.labels[?"env"].orValue("") == "prod")`,
		`request.resources.map(r, r.name) == ["db-1", "wiki"]`,
		`request.reason.matches("(?i)INC-[0-9]{1,9}(a|b)*$")`,
		`"db" in user.traits["team"] && request.annotations[?"cost"].orValue(["none"]) == ["none"]`,
		`request.created.getDayOfWeek() == 5 && request.maxDuration > duration("7h59m")`,
		`[1, 2].all(a, [3, 4].exists_one(b, a + b == int(request.reason)))`,
		`request.roles.all(a, request.roles.all(b, request.roles.all(c, a + b + c != request.reason)))`,
		`timestamp(request.reason) > request.created || 1 / size(request.roles) == 0 || request.roles[9] == ""`,
		`{"a": [1]}["a"] == [1] ? b"\xff" == b"a" : dyn([[[]]]) == request.Match{}`,
		"// a comment\n\nrequest.user != \"\"", "((((", `"\ud800"`, "'\\x", "a\x00b", strings.Repeat("[", 40), strings.Repeat("!", 40) + "true",
	} {
		f.Add(source, "INC-42: disk full")
	}
	f.Add(`request.reason.matches("(a*)*b")`, strings.Repeat("a", 1000))
	f.Fuzz(func(t *testing.T, source, reason string) {
		began := time.Now()
		m, err := Source{Condition: source}.Compile()
		checkProblem(t, source, err)
		compileOthers(t, source, reason)
		if err != nil {
			return
		}
		facts := &routing.Facts{Request: asked, Labels: labels, Traits: map[string][]string{"team": {"db"}, reason: {reason}}}
		facts.Request.Reason = reason
		facts.Request.Roles = append(slices.Clone(asked.Roles), reason)
		first, err := m.Fulfils(facts)
		checkProblem(t, source, err)
		again, repeated := m.Fulfils(facts)
		if first != again || (err == nil) != (repeated == nil) {
			t.Errorf("%q is %t (%v), then %t (%v)", source, first, err, again, repeated)
		}
		if err != nil && first {
			t.Errorf("%q is true although it failed: %v", source, err)
		}
		if c := m.(*matcher).condition; c != nil {
			checkCost(t, c, facts)
			if !c.needs.Labels {
				checkIgnored(t, m, *facts, first, err)
			}
		}
		if took := time.Since(began); took > slow {
			t.Errorf("%q took %s", source, took)
		}
	})
}

// checkProblem holds an error against what a status can show.
func checkProblem(t *testing.T, source string, err error) {
	t.Helper()
	if err == nil {
		return
	}
	problem, ok := errors.AsType[*Error](err)
	if !ok || problem.Message == "" || problem.Line < 0 || problem.Line > 1+strings.Count(source, "\n") {
		t.Errorf("%q has the problem %#v", source, err)
	}
	if strings.ContainsFunc(err.Error(), unicode.IsControl) || len(err.Error()) > 1<<10 {
		t.Errorf("the problem of %q cannot be shown: %q", source, err)
	}
}

// compileOthers reads the source as what stands in a message's wording.
func compileOthers(t *testing.T, source, reason string) {
	t.Helper()
	request := asked
	request.Reason = reason
	value, err := Text(source).Compile()
	checkProblem(t, source, err)
	if err == nil {
		first, err := value.Of(request)
		checkProblem(t, source, err)
		if again, _ := value.Of(request); !slices.Equal(first, again) {
			t.Errorf("%q is %q, then %q", source, first, again)
		}
	}
	_, err = Holds(source).Compile()
	checkProblem(t, source, err)
}

// checkCost holds what a condition has cost, as CEL counts it, against what it may.
func checkCost(t *testing.T, c *program, facts *routing.Facts) {
	t.Helper()
	_, details, err := c.program.Eval(variables(facts))
	// One step may end beyond the limit, which then ends the condition.
	if cost := details.ActualCost(); cost == nil || *cost > maxCost && err == nil {
		t.Errorf("the condition cost %v, and ended with %v", cost, err)
	}
}

// checkIgnored holds a condition that asks for no labels to that.
func checkIgnored(t *testing.T, m routing.Matcher, facts routing.Facts, with bool, problem error) {
	t.Helper()
	facts.Labels = nil
	if without, err := m.Fulfils(&facts); without != with || (err == nil) != (problem == nil) {
		t.Errorf("the condition asks for labels and does not say so: %t (%v), without them %t (%v)", with, problem, without, err)
	}
}
