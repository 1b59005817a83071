package googlechat

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"sync"

	"github.com/accessnotifier/accessnotifier/internal/keysize"
)

// serviceAccount is the key of a service account.
type serviceAccount struct {
	// email is whom the key belongs to.
	email string
	// keyID names the key among those of the account.
	keyID string
	// audience is the endpoint that gives access tokens, as assertions name it.
	audience string
	key      *rsa.PrivateKey
}

// endpoints are those at which Google gives access tokens. Key files name the first one today
// and have named the others.
var endpoints = []string{
	"https://oauth2.googleapis.com/token",
	"https://www.googleapis.com/oauth2/v4/token",
	"https://accounts.google.com/o/oauth2/token",
}

// keyFile is what is read of a key file; see
// https://cloud.google.com/iam/docs/keys-create-delete.
type keyFile struct {
	Type         string `json:"type"`
	PrivateKeyID string `json:"private_key_id,omitempty"`
	PrivateKey   string `json:"private_key"`
	ClientEmail  string `json:"client_email"`
	TokenURI     string `json:"token_uri"`
}

// What is wrong with a key file. Nothing of it is repeated.
var (
	errNoKeyFile  = errors.New("is no key file of a service account in JSON, as the Google Cloud console makes it")
	errOtherType  = errors.New("is a key file of another type than service_account")
	errNoEmail    = errors.New("lacks client_email")
	errPrivateKey = errors.New("has a private_key that is no RSA key in PEM form")
	errEndpoint   = errors.New("has a token_uri that is not Google's, which is " + endpoints[0])
)

// parseAccount reads a key file. The token_uri only says for whom an assertion is meant: where
// it is sent is not for a Secret to say.
func parseAccount(text string) (*serviceAccount, error) {
	var file keyFile
	if json.Unmarshal([]byte(text), &file) != nil {
		return nil, errNoKeyFile
	}
	key := parseKey(file.PrivateKey)
	switch {
	case file.Type != "service_account":
		return nil, errOtherType
	case file.ClientEmail == "":
		return nil, errNoEmail
	case key == nil:
		return nil, errPrivateKey
	case !slices.Contains(endpoints, file.TokenURI):
		return nil, errEndpoint
	}
	return &serviceAccount{email: file.ClientEmail, keyID: file.PrivateKeyID, audience: file.TokenURI, key: key}, nil
}

// parseKey reads an RSA key in PEM form; nil if it is none, or larger than any of Google's.
func parseKey(text string) *rsa.PrivateKey {
	block, _ := pem.Decode([]byte(text))
	if block == nil || keysize.CheckPEM([]byte(text)) != nil {
		return nil
	}
	key := decodeKey(block.Bytes)
	if key == nil || keysize.Check(key) != nil {
		return nil
	}
	return key
}

func decodeKey(encoded []byte) *rsa.PrivateKey {
	if key, err := x509.ParsePKCS1PrivateKey(encoded); err == nil {
		return key
	}
	key, err := x509.ParsePKCS8PrivateKey(encoded)
	if err != nil {
		return nil
	}
	// Another kind of key gives nil.
	rsaKey, _ := key.(*rsa.PrivateKey)
	return rsaKey
}

// checkSecret implements messenger.Descriptor's CheckSecret.
func checkSecret(name, secret string) error {
	if secret == "" {
		return fmt.Errorf("the %s is empty", name)
	}
	if _, err := parseAccount(secret); err != nil {
		return fmt.Errorf("the %s %w", name, err)
	}
	return nil
}

// standIn has the form of a key file, and lets no caller in: the primes of its key are those of
// Mersenne, which are no secret.
var standIn = sync.OnceValue(func() string {
	p, q := mersenne(521), mersenne(607)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	key := &rsa.PrivateKey{
		PublicKey: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537},
		D:         new(big.Int).ModInverse(big.NewInt(65537), phi),
		Primes:    []*big.Int{p, q},
	}
	text, err := json.Marshal(keyFile{
		Type: "service_account", ClientEmail: "stand-in@example.iam.gserviceaccount.com", TokenURI: endpoints[0],
		PrivateKey: string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
	})
	if err != nil {
		panic("the stand-in for a key file cannot be encoded: " + err.Error())
	}
	return string(text)
})

var one = big.NewInt(1)

// mersenne returns 2 to the power of n, less one.
func mersenne(n uint) *big.Int {
	return new(big.Int).Sub(new(big.Int).Lsh(one, n), one)
}
