package teleport

import (
	"testing"
	"testing/synctest"
)

func TestPoolShares(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		pool := NewPool(Options{Connect: server.connect})
		runPool(t, pool)
		key := Key{Namespace: "teleport", Address: "teleport.example.com:443", IdentityRef: "secret/identity"}
		first := pool.Acquire(key, fakeIdentity("bot"))
		second := pool.Acquire(key, fakeIdentity("bot"))
		other := pool.Acquire(Key{Namespace: "other", Address: key.Address, IdentityRef: key.IdentityRef}, fakeIdentity("bot"))
		synctest.Wait()
		if first.Session != second.Session || first.Session == other.Session {
			t.Error("only equal keys share a session")
		}
		if len(server.clients) != 2 {
			t.Fatalf("%d connections for two keys", len(server.clients))
		}

		first.Release()
		first.Release()
		synctest.Wait()
		if !second.Status().Connected {
			t.Error("the session ended while a lease is held")
		}
		second.Release()
		other.Release()
		synctest.Wait()
		for i := range 2 {
			if !server.client(t, i).isClosed() {
				t.Errorf("client %d is open after the last release", i)
			}
		}

		again := pool.Acquire(key, fakeIdentity("bot"))
		synctest.Wait()
		if again.Session == first.Session || !again.Status().Connected {
			t.Error("a key that comes back needs a new session")
		}
	})
}

func TestPoolForgetsWhatWasReleasedBeforeItRan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		server := &fakeServer{}
		pool := NewPool(Options{Connect: server.connect})
		pool.Acquire(Key{}, fakeIdentity("bot")).Release()
		runPool(t, pool)
		synctest.Wait()
		if len(server.attempts) != 0 {
			t.Error("connected for no session")
		}
	})
}
