package replay

import (
	"encoding/json"
	"fmt"
)

// Further are steps that were not recorded: reviews, which an open-source server
// refuses, a denial, and a request that expires. They follow a recording's.
func Further() []Step {
	create := func(step, reason string) Step {
		request := fmt.Sprintf(`{"spec": {"user": %q, "roles": ["editor"], "request_reason": %q}}`, requester, reason)
		return Step{Step: step, Value: json.RawMessage(fmt.Sprintf(`{"len_reason": %d, "resource": %s}`, len(reason), request))}
	}
	return []Step{
		create("create", "to be reviewed"),
		{Step: "admin submits review"},
		{Step: "get"},
		create("create", "to be denied"),
		{Step: "deny"},
		{Step: "approve what is denied"},
		{Step: "get"},
		create("create short-lived", "to expire"),
		{Step: "EVENT of the deletion"},
		{Step: "get"},
		{Step: "delete what is gone"},
	}
}
