package teleporttest

import "testing"

// ForTest starts a server that ends with the test.
func ForTest(t testing.TB, o Options) *Server {
	t.Helper()
	s, err := Start(o)
	if err != nil {
		t.Fatalf("starting a simulated Teleport: %v", err)
	}
	t.Cleanup(s.Close)
	return s
}

// IdentityFile issues an identity for a test.
func (s *Server) IdentityFile(t testing.TB, o IdentityOptions) []byte {
	t.Helper()
	identity, err := s.Identity(o)
	if err != nil {
		t.Fatalf("issuing an identity: %v", err)
	}
	return identity.File
}
