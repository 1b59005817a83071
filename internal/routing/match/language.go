package match

import (
	"cmp"
	"reflect"
	"sync"
	"time"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/ext"

	"github.com/accessnotifier/accessnotifier/internal/routing"
)

// The variables of a condition.
const (
	varRequest = "request"
	varUser    = "user"
)

// request is what a condition calls request.
type request struct {
	User               string              `cel:"user"`
	Roles              []string            `cel:"roles"`
	Resources          []resource          `cel:"resources"`
	Reason             string              `cel:"reason"`
	SuggestedReviewers []string            `cel:"suggestedReviewers"`
	Annotations        map[string][]string `cel:"annotations"`
	Created            time.Time           `cel:"created"`
	// Expires is when the request ends if it stays pending.
	Expires time.Time `cel:"expires"`
	// MaxDuration is for how long the access lasts at most.
	MaxDuration time.Duration `cel:"maxDuration"`
}

// resource is one element of request.resources.
type resource struct {
	Kind    string `cel:"kind"`
	Name    string `cel:"name"`
	Cluster string `cel:"cluster"`
	// Labels are there only if the condition asks for them.
	Labels map[string]string `cel:"labels"`
}

// user is what a condition calls user.
type user struct {
	Traits map[string][]string `cel:"traits"`
}

// language is what conditions are written in: CEL, whose functions cost what they take, with
// these variables. It is made once for all.
var language = sync.OnceValues(func() (*cel.Env, error) {
	return cel.NewEnv(
		cel.OptionalTypes(), // before NativeTypes, which knows no custom types
		ext.NativeTypes(reflect.TypeFor[request](), reflect.TypeFor[user](), ext.ParseStructTags(true)),
		cel.Variable(varRequest, cel.ObjectType("match.request")),
		cel.Variable(varUser, cel.ObjectType("match.user")),
		cel.ParserExpressionSizeLimit(MaxCondition),
		cel.ASTValidators(cel.ValidateHomogeneousAggregateLiterals()),
	)
})

// variables are what a condition is about.
func variables(f *routing.Facts) map[string]any {
	r := f.Request
	asked := &request{
		User: r.User, Roles: r.Roles, Reason: r.Reason, SuggestedReviewers: r.SuggestedReviewers,
		Annotations: r.Annotations, Created: r.Created, Expires: r.Expires,
	}
	if ends := cmp.Or(r.MaxDuration, r.AccessExpires); ends.After(r.Created) {
		asked.MaxDuration = ends.Sub(r.Created)
	}
	for i, wanted := range r.Resources {
		one := resource{Kind: wanted.Kind, Name: wanted.Name, Cluster: wanted.Cluster}
		if i < len(f.Labels) {
			one.Labels = f.Labels[i]
		}
		asked.Resources = append(asked.Resources, one)
	}
	return map[string]any{varRequest: asked, varUser: &user{Traits: f.Traits}}
}
