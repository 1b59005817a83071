// Package keysizetest makes RSA keys of any size, for tests.
package keysizetest

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
	"math/big"
	"testing"
	"time"
)

// Pair returns a private key of so many bits, and a certificate of it, in PEM form. The key is made
// as a person would make it who means harm: its factors are not prime, which no reader notices, and
// which takes no time.
func Pair(tb testing.TB, bits int) (key, certificate []byte) {
	tb.Helper()
	var one, exponent = big.NewInt(1), big.NewInt(65537)
	for {
		p, q := odd(tb, bits/2), odd(tb, bits/2)
		p1, q1 := new(big.Int).Sub(p, one), new(big.Int).Sub(q, one)
		d, inverse := new(big.Int).ModInverse(exponent, new(big.Int).Mul(p1, q1)), new(big.Int).ModInverse(q, p)
		if d == nil || inverse == nil {
			continue // As for one in three.
		}
		n := new(big.Int).Mul(p, q)
		encoded, err := asn1.Marshal(struct {
			Version             int
			N                   *big.Int
			E                   int
			D, P, Q, DP, DQ, QI *big.Int
		}{0, n, int(exponent.Int64()), d, p, q, new(big.Int).Mod(d, p1), new(big.Int).Mod(d, q1), inverse})
		if err != nil {
			tb.Fatal(err)
		}
		return inPEM("RSA PRIVATE KEY", encoded), issue(tb, &rsa.PublicKey{N: n, E: int(exponent.Int64())})
	}
}

// odd returns an odd number of so many bits, the first two of which are set: the product of two such
// numbers has twice as many.
func odd(tb testing.TB, bits int) *big.Int {
	tb.Helper()
	n, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), uint(bits)))
	if err != nil {
		tb.Fatal(err)
	}
	for _, bit := range []int{0, bits - 1, bits - 2} {
		n.SetBit(n, bit, 1)
	}
	return n
}

// issue returns a certificate that another key has signed.
func issue(tb testing.TB, key *rsa.PublicKey) []byte {
	tb.Helper()
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "large"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	encoded, err := x509.CreateCertificate(rand.Reader, template, template, key, signer)
	if err != nil {
		tb.Fatal(err)
	}
	return inPEM("CERTIFICATE", encoded)
}

func inPEM(kind string, encoded []byte) []byte {
	return bytes.TrimSpace(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: encoded}))
}
