package messengertest_test

import (
	"crypto/tls"
	"net/smtp"
	"strings"
	"testing"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
)

// TestEmailShowsACertificateForTheAddressThatWasCalled covers clients that are led to another
// address than 127.0.0.1, as pods are.
func TestEmailShowsACertificateForTheAddressThatWasCalled(t *testing.T) {
	for _, host := range []string{"127.0.0.1", "127.0.0.2"} {
		server := messengertest.NewEmail(messengertest.Options{})
		if err := server.Listen(host + ":0"); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(server.Close)
		client, err := smtp.Dial(strings.TrimPrefix(server.URL(), "smtp://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = client.Close() })
		config := &tls.Config{RootCAs: messengertest.EmailRoots(), ServerName: host, MinVersion: tls.VersionTLS12}
		if err := client.StartTLS(config); err != nil {
			t.Errorf("a client of %s is shown another's certificate: %v", host, err)
		}
	}
}
