package condition

import "time"

// The fields that a condition may name. What is not known is empty.
const (
	fieldTraits       = "user.traits"
	fieldIntersection = "access_request.spec.resource_labels_intersection"
	fieldUnion        = "access_request.spec.resource_labels_union"
)

// texts are the fields with one value. Times are written as in the YAML of Teleport.
var texts = map[string]func(*Facts) string{
	"access_request.spec.user":           func(f *Facts) string { return f.User },
	"access_request.spec.request_reason": func(f *Facts) string { return f.Reason },
	"access_request.spec.creation_time":  func(f *Facts) string { return written(f.Created) },
	"access_request.spec.expiry":         func(f *Facts) string { return written(f.AccessExpires) },
}

// sets are the fields with several values.
var sets = map[string]func(*Facts) []string{
	"access_request.spec.roles":               func(f *Facts) []string { return f.Roles },
	"access_request.spec.suggested_reviewers": func(f *Facts) []string { return f.SuggestedReviewers },
}

// maps are the fields with a set for each key.
var maps = map[string]func(f *Facts, key string) []string{
	"access_request.spec.system_annotations": func(f *Facts, key string) []string { return f.Annotations[key] },
	fieldIntersection:                        (*Facts).intersection,
	fieldUnion:                               (*Facts).union,
	fieldTraits:                              func(f *Facts, key string) []string { return f.Traits[key] },
}

// note notes what a field needs that the request does not have.
func (c *compiler) note(field string) {
	switch field {
	case fieldTraits:
		c.needs.Traits = true
	case fieldIntersection, fieldUnion:
		c.needs.Labels = true
	}
}

func written(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
