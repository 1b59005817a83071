package listen

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/go-logr/logr"
)

// certificate is read from files again when they change.
type certificate struct {
	dir string
	log logr.Logger

	mu      sync.Mutex
	read    time.Time
	pem     pair
	current *tls.Certificate
}

// pair is what the files hold.
type pair struct{ cert, key []byte }

func (p pair) equal(other pair) bool {
	return bytes.Equal(p.cert, other.cert) && bytes.Equal(p.key, other.key)
}

// newCertificate reads the certificate in a directory as Kubernetes mounts it, tls.crt and
// tls.key. It returns an error if there is none.
func newCertificate(dir string, log logr.Logger) (*certificate, error) {
	c := &certificate{dir: dir, log: log}
	if err := c.reread(time.Now()); err != nil {
		return nil, err
	}
	return c, nil
}

// get returns the certificate as it is now. While the files are being replaced they may not
// belong together: then it is the last one that did.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := time.Now(); now.Sub(c.read) >= rereadAfter {
		if err := c.reread(now); err != nil {
			c.log.Error(err, "The certificate for clicks cannot be read, the last one stays in use")
		}
	}
	return c.current, nil
}

// reread reads the files, unless they are as they were. The caller holds the lock, if there is
// any other.
func (c *certificate) reread(now time.Time) error {
	c.read = now
	var next pair
	var err error
	if next.cert, err = os.ReadFile(filepath.Join(c.dir, "tls.crt")); err != nil {
		return fmt.Errorf("reading the certificate for clicks: %w", err)
	}
	if next.key, err = os.ReadFile(filepath.Join(c.dir, "tls.key")); err != nil {
		return fmt.Errorf("reading the key of the certificate for clicks: %w", err)
	}
	if c.current != nil && next.equal(c.pem) {
		return nil
	}
	parsed, err := tls.X509KeyPair(next.cert, next.key)
	if err != nil {
		return fmt.Errorf("reading the certificate for clicks: %w", err)
	}
	c.pem, c.current = next, &parsed
	return nil
}
