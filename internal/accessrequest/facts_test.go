package accessrequest

import (
	"testing"
	"time"
)

// TestFactsDigest changes with what is asked for, and with nothing else.
func TestFactsDigest(t *testing.T) {
	asked := func() Request {
		return Request{
			ID: "r1", User: "alice", Roles: []string{"dev"}, Reason: "fix", State: Pending, Created: time.Unix(1000, 0),
			Resources: []Resource{{Cluster: "c", Kind: "node", Name: "n"}},
		}
	}
	before := asked().FactsDigest()
	for name, change := range map[string]func(*Request){
		"another user":       func(r *Request) { r.User = "mallory" },
		"another role":       func(r *Request) { r.Roles = []string{"admin"} },
		"another resource":   func(r *Request) { r.Resources[0].Name = "m" },
		"a limit":            func(r *Request) { r.Resources[0].Constraint = &Constraint{Logins: []string{"root"}} },
		"another reason":     func(r *Request) { r.Reason = "play" },
		"permanent access":   func(r *Request) { r.Kind = Permanent },
		"a longer time":      func(r *Request) { r.MaxDuration = time.Unix(9000, 0) },
		"a later start":      func(r *Request) { r.AssumeStart = time.Unix(9000, 0) },
		"something not read": func(r *Request) { r.Incomplete = true },
		"another request":    func(r *Request) { r.ID = "r2" },
	} {
		r := asked()
		if change(&r); r.FactsDigest() == before {
			t.Errorf("%s makes no difference", name)
		}
	}
	same := asked()
	same.State, same.Reviews, same.Resources[0].Title = Approved, []Review{{Author: "bob"}}, "a name"
	same.SuggestedReviewers, same.Created = []string{"bob"}, same.Created.In(time.FixedZone("x", 3600))
	if same.FactsDigest() != before {
		t.Error("a review makes a difference")
	}
}
