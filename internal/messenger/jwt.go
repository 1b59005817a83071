package messenger

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
)

// SignJWT encodes a JSON Web Token (RFC 7519) by which a bot says who it is. The signature is over
// the SHA-256 sum that sign is given, by the algorithm that the header names. Errors repeat nothing
// of the claims; those of sign are wrapped.
func SignJWT(header, claims any, sign func(sum []byte) ([]byte, error)) (string, error) {
	signed := ""
	for i, part := range []any{header, claims} {
		encoded, err := json.Marshal(part)
		if err != nil {
			return "", fmt.Errorf("encoding a JSON Web Token: %w", err)
		}
		if i > 0 {
			signed += "."
		}
		signed += base64.RawURLEncoding.EncodeToString(encoded)
	}
	sum := sha256.Sum256([]byte(signed))
	signature, err := sign(sum[:])
	if err != nil {
		return "", fmt.Errorf("signing a JSON Web Token: %w", err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}
