package controllers

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestASecretIsReadOnceForAllWhoNameIt covers objects that are reconciled at once, a new version
// of the Secret, and one that cannot be read for a moment.
func TestASecretIsReadOnceForAllWhoNameIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var reads atomic.Int32
		var refusal error
		api := readerOf(func(client.ObjectKey, client.Object) error {
			reads.Add(1)
			time.Sleep(time.Second)
			return refusal
		}, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "bot"}, Data: map[string][]byte{"token": []byte("x")}})
		var shared sharedSecrets
		read := func(version string) error {
			secret := &corev1.Secret{}
			reader := sharingReader{api, &shared, map[string]string{"bot": version}}
			err := reader.Get(t.Context(), client.ObjectKey{Namespace: "ns", Name: "bot"}, secret)
			if err == nil && string(secret.Data["token"]) != "x" {
				err = fmt.Errorf("the token is %q", secret.Data["token"])
			}
			return err
		}
		all := func(version string, want int) {
			t.Helper()
			before := reads.Load()
			var objects errgroup.Group
			for range 5 {
				objects.Go(func() error { return read(version) })
			}
			if err := objects.Wait(); err != nil {
				t.Error(err)
			}
			if n := int(reads.Load() - before); n != want {
				t.Errorf("version %q was read %d times, want %d", version, n, want)
			}
		}
		all("1", 1)
		all("1", 0)
		all("2", 1)
		all("", 5)
		time.Sleep(shareFor)
		synctest.Wait()
		all("2", 1)
		if n := len(shared.reads); n != 1 {
			t.Errorf("%d versions are kept", n)
		}

		refusal = errors.New("not now")
		if err := read("3"); !errors.Is(err, refusal) {
			t.Errorf("a Secret that cannot be read: %v", err)
		}
		refusal = nil
		all("3", 1)
	})
}
