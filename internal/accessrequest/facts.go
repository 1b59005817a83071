package accessrequest

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"time"
)

// FactsDigest identifies what is asked for: by whom, for what, why and for how long. It says
// neither where the request stands, nor who has reviewed it, nor what resources are called.
func (r Request) FactsDigest() string {
	resources := slices.Clone(r.Resources)
	for i := range resources {
		resources[i].Title = ""
	}
	// Strings, numbers and times always encode.
	encoded, err := json.Marshal([]any{
		r.ID, r.User, r.Roles, resources, r.Reason, r.Kind, r.Incomplete,
		r.Created.UTC().Truncate(time.Second), r.MaxDuration.UTC().Truncate(time.Second), r.AssumeStart.UTC().Truncate(time.Second),
	})
	if err != nil {
		panic("facts cannot be encoded: " + err.Error())
	}
	sum := sha256.Sum256(encoded)
	return hex.EncodeToString(sum[:8])
}
