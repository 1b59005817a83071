// Package keysize bounds RSA keys. What a key costs grows with the cube of its size: a key of a
// million bits fits into a Secret, and keeps a processor busy for days. A call that signs or
// verifies cannot be ended, so that an author of an AccessNotifier could stop the operator by it.
package keysize

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
)

const (
	// maxBits is what crypto/tls takes of a server.
	maxBits = 8192
	// maxBlock is more than a private key of so many bits has, encoded: about 4700 bytes. Reading
	// a larger one takes too long already.
	maxBlock = 8 << 10
)

// ErrTooLarge says that a key has more than 8192 bits.
var ErrTooLarge = errors.New("an RSA key has more than 8192 bits")

// Check returns ErrTooLarge of an RSA key, public or private, that is too large; nil of any other.
func Check(key any) error {
	bits := 0
	switch key := key.(type) {
	case *rsa.PrivateKey:
		bits = key.N.BitLen()
	case *rsa.PublicKey:
		bits = key.N.BitLen()
	}
	if bits > maxBits {
		return ErrTooLarge
	}
	return nil
}

// CheckPEM returns ErrTooLarge if PEM files hold a certificate of a key that is too large, or what
// can only be such a key. It is for what has not been read yet, and says nothing of what cannot be
// read. Check a private key once more when it is read.
func CheckPEM(files ...[]byte) error {
	for _, rest := range files {
		for {
			var block *pem.Block
			if block, rest = pem.Decode(rest); block == nil {
				break
			}
			if err := checkBlock(block); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkBlock(block *pem.Block) error {
	if block.Type != "CERTIFICATE" {
		if len(block.Bytes) > maxBlock {
			return ErrTooLarge
		}
		return nil
	}
	certificate, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		return nil //nolint:nilerr // Who uses it says so.
	}
	return Check(certificate.PublicKey)
}
