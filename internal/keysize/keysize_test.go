package keysize_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/accessnotifier/accessnotifier/internal/keysize"
	"github.com/accessnotifier/accessnotifier/internal/keysize/keysizetest"
)

// TestLargeKeysAreRefused, private and in certificates, and the largest that TLS knows is not.
func TestLargeKeysAreRefused(t *testing.T) {
	for bits, want := range map[int]error{2048: nil, 8192: nil, 8200: keysize.ErrTooLarge, 16384: keysize.ErrTooLarge} {
		private, certificate := keysizetest.Pair(t, bits)
		if err := keysize.CheckPEM([]byte("text\n"), slices.Concat([]byte("text\n"), certificate)); !errors.Is(err, want) {
			t.Errorf("a certificate of %d bits: %v", bits, err)
		}
		block, _ := pem.Decode(private)
		key, err := x509.ParsePKCS1PrivateKey(block.Bytes)
		if err != nil {
			t.Fatal(err)
		}
		if private, public := keysize.Check(key), keysize.Check(&key.PublicKey); key.N.BitLen() != bits || !errors.Is(private, want) || !errors.Is(public, want) {
			t.Errorf("a key of %d bits: %v, and %v of its public part", key.N.BitLen(), private, public)
		}
	}
	other, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	if err := keysize.Check(other); err != nil {
		t.Errorf("an elliptic curve: %v", err)
	}
}

// TestHugeKeysAreNotRead: that alone would take minutes.
func TestHugeKeysAreNotRead(t *testing.T) {
	began := time.Now()
	for _, kind := range []string{"RSA PRIVATE KEY", "PRIVATE KEY", "ENCRYPTED", ""} {
		huge := pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: make([]byte, 700<<10)})
		if err := keysize.CheckPEM(huge); !errors.Is(err, keysize.ErrTooLarge) {
			t.Errorf("%q: %v", kind, err)
		}
	}
	small, _ := keysizetest.Pair(t, 8192)
	if err := keysize.CheckPEM(small, nil, []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----")); err != nil {
		t.Errorf("what is small, or cannot be read: %v", err)
	}
	if took := time.Since(began); took > time.Minute {
		t.Errorf("it took %s", took)
	}
}
