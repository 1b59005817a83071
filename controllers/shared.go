package controllers

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// shareFor is how long a Secret that was read is at hand for other objects that name it.
const shareFor = 10 * time.Second

// secretVersion is a Secret as some watch has shown it.
type secretVersion struct {
	client.ObjectKey
	resourceVersion string
}

// sharingReader is a Reader that shares Secrets of which a version is known.
type sharingReader struct {
	client.Reader
	shared *sharedSecrets
	// versions are the resource versions of Secrets by name, "" for missing ones.
	versions map[string]string
}

// Get implements client.Reader.
func (r sharingReader) Get(ctx context.Context, key client.ObjectKey, into client.Object, options ...client.GetOption) error {
	secret, isSecret := into.(*corev1.Secret)
	version := r.versions[key.Name]
	if !isSecret || version == "" {
		return r.Reader.Get(ctx, key, into, options...)
	}
	found, err := r.shared.get(ctx, secretVersion{key, version}, r.Reader)
	if err != nil {
		return err
	}
	*secret = *found
	return nil
}

// sharedSecrets reads a Secret once for all objects that name it: a thousand of them may use
// one identity, which is replaced every few minutes. What was read when a version of it was
// known already is that version, or a newer one. The zero value is ready for use.
type sharedSecrets struct {
	mu    sync.Mutex
	reads map[secretVersion]*sharedRead
}

// sharedRead is a Secret that is being read, or was read. Its fields are set once done is closed.
type sharedRead struct {
	done   chan struct{}
	secret *corev1.Secret
	err    error
}

// get returns a Secret, which must not be modified. Errors are not shared: what refuses one
// object may have been mended when the next one asks.
func (s *sharedSecrets) get(ctx context.Context, version secretVersion, from client.Reader) (*corev1.Secret, error) {
	read, isFirst := s.join(version)
	if isFirst {
		read.secret, read.err = readSecret(ctx, version.ObjectKey, from)
		close(read.done)
		s.keep(version, read.err == nil)
		return read.secret, read.err
	}
	select {
	case <-read.done:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if read.err != nil {
		return readSecret(ctx, version.ObjectKey, from)
	}
	return read.secret, nil
}

func (s *sharedSecrets) join(version secretVersion) (read *sharedRead, isFirst bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if read, ok := s.reads[version]; ok {
		return read, false
	}
	if s.reads == nil {
		s.reads = map[secretVersion]*sharedRead{}
	}
	read = &sharedRead{done: make(chan struct{})}
	s.reads[version] = read
	return read, true
}

// keep forgets a read in a while, or at once.
func (s *sharedSecrets) keep(version secretVersion, shared bool) {
	if shared {
		time.AfterFunc(shareFor, func() { s.keep(version, false) })
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.reads, version)
}

func readSecret(ctx context.Context, key client.ObjectKey, from client.Reader) (*corev1.Secret, error) {
	secret := &corev1.Secret{}
	if err := from.Get(ctx, key, secret); err != nil {
		return nil, err
	}
	return secret, nil
}
