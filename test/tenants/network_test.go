package tenants

import (
	"crypto/tls"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/hostile"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// TestAddressesOfOthers: what a tenant names leads to where others may be, and no further.
func TestAddressesOfOthers(t *testing.T) {
	try(t, map[string]attack{
		"this machine and the cloud's metadata": {on: service.Mattermost, do: insideAddresses},
		"a redirect":                            {on: service.Mattermost, do: redirectInside},
		"a name that leads elsewhere later":     {on: service.Mattermost, do: reboundName},
		"the API server":                        {on: service.Webhook, do: postToTheAPIServer},
		"the operator's own ports":              {on: service.Webhook, do: postToTheOperator},
	})
}

// insideAddresses are of this machine, of the link, and of a cloud's metadata, each written in more
// than one way. All kinds of addresses that a spec can hold are tried.
func insideAddresses(_, attacker *tenant) {
	connected := closedTo(attacker.t, inside+":0")
	_, port, _ := net.SplitHostPort(listenerAddress(attacker.t))
	twin := closedTo(attacker.t, net.JoinHostPort(inside, port))
	attacker.putSecrets()
	hosts := []string{
		inside, "[::ffff:" + inside + "]", "[::1]", "[64:ff9b::7f00:2]", "169.254.169.254", "[::ffff:169.254.169.254]", "[fd00:ec2::254]", "0.0.0.0",
	}
	for i, host := range hosts {
		chat := attacker.notifier(fmt.Sprintf("chat-%d", i))
		chat.Spec.Messenger.Mattermost.URL = v1alpha1.ServerURL("https://" + host + ":" + port)
		teleport := attacker.notifier(fmt.Sprintf("teleport-%d", i))
		teleport.Spec.Teleport.Address = host + ":" + port
		attacker.create(chat)
		attacker.create(teleport)
	}
	for i := range hosts {
		attacker.await(fmt.Sprintf("chat-%d", i), v1alpha1.ConditionMessengerReady, metav1.ConditionFalse, "")
		attacker.await(fmt.Sprintf("teleport-%d", i), v1alpha1.ConditionTeleportConnected, metav1.ConditionFalse, "")
	}
	if n := connected() + twin(); n > 0 {
		attacker.t.Errorf("%d connections were made to %s", n, inside)
	}
}

// listenerAddress is an address of this machine that is free.
func listenerAddress(t *testing.T) string {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", inside+":0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = listener.Close() }()
	return listener.Addr().String()
}

func redirectInside(_, attacker *tenant) {
	address := listenerAddress(attacker.t)
	connected := closedTo(attacker.t, address)
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		http.Redirect(w, r, "http://"+address+r.URL.Path, http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	attacker.putSecrets()
	made := attacker.notifier(attacker.name)
	made.Spec.Messenger.Mattermost.URL = v1alpha1.ServerURL(server.URL)
	attacker.create(made)
	attacker.await(attacker.name, v1alpha1.ConditionMessengerReady, metav1.ConditionFalse, "")
	if asked.Load() == 0 || connected() > 0 {
		attacker.t.Errorf("the server was asked %d times, and %d connections were made to where it leads", asked.Load(), connected())
	}
}

// reboundName: the name of a server leads to this machine's inside once its address was looked at.
func reboundName(_, attacker *tenant) {
	host := attacker.namespace + rebound
	var asked atomic.Int64
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusBadGateway)
	}))
	server.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{messengertest.EmailCertificate(host, time.Now().Add(time.Hour))}}
	server.StartTLS()
	defer server.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	connected := closedTo(attacker.t, net.JoinHostPort(inside, port))
	attacker.putSecrets()
	attacker.putSecret("authority", map[string]string{v1alpha1.DefaultCAKey: hostile.CA()})
	made := attacker.notifier(attacker.name)
	made.Spec.Messenger.Mattermost.URL = v1alpha1.ServerURL("https://" + net.JoinHostPort(host, port))
	made.Spec.Messenger.Mattermost.CASecretRef = &v1alpha1.SecretKeyReference{Name: "authority"}
	attacker.create(made)
	wait.Test(attacker.t, within, "the name was looked up again", wait.True(func() bool { return names.times(host) > 2 }))
	attacker.await(attacker.name, v1alpha1.ConditionMessengerReady, metav1.ConditionFalse, "")
	if asked.Load() == 0 || connected() > 0 {
		attacker.t.Errorf("the server was asked %d times, and %d connections were made inside", asked.Load(), connected())
	}
}

// postToTheAPIServer: the operator's rights are not the webhook's.
func postToTheAPIServer(victim, attacker *tenant) {
	config := plane.Config()
	attacker.putSecrets()
	attacker.putSecret("authority", map[string]string{v1alpha1.DefaultCAKey: string(config.CAData)})
	made := attacker.notifier(attacker.name)
	made.Spec.Messenger.Webhook.URL = v1alpha1.ServerURL("https://" + strings.TrimPrefix(config.Host, "https://") + "/api/v1/namespaces/" + victim.namespace + "/configmaps")
	made.Spec.Messenger.Webhook.CASecretRef = &v1alpha1.SecretKeyReference{Name: "authority"}
	attacker.create(made)
	attacker.ask()
	attacker.await(attacker.name, v1alpha1.ConditionMessengerReady, metav1.ConditionFalse, "")
	var maps corev1.ConfigMapList
	if err := victim.client.List(victim.t.Context(), &maps, client.InNamespace(victim.namespace)); err != nil || len(maps.Items) > 0 {
		attacker.t.Errorf("there are %d ConfigMaps in the victim's namespace, %v", len(maps.Items), err)
	}
}

// postToTheOperator: its metrics are for whom Kubernetes lets read them.
func postToTheOperator(_, attacker *tenant) {
	connection, err := (&tls.Dialer{Config: &tls.Config{InsecureSkipVerify: true}}).DialContext(attacker.t.Context(), "tcp", metrics) //nolint:gosec // It is to show its certificate.
	if err != nil {
		attacker.t.Fatal(err)
	}
	defer func() { _ = connection.Close() }()
	shown := connection.(*tls.Conn).ConnectionState().PeerCertificates[0]
	attacker.putSecrets()
	attacker.putSecret("authority", map[string]string{
		v1alpha1.DefaultCAKey: string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: shown.Raw})),
	})
	for name, address := range map[string]string{"metrics": metrics + "/metrics", "health": health + "/healthz"} {
		made := attacker.notifier(name)
		made.Spec.Messenger.Webhook.URL = v1alpha1.ServerURL("https://" + address)
		made.Spec.Messenger.Webhook.CASecretRef = &v1alpha1.SecretKeyReference{Name: "authority"}
		attacker.create(made)
	}
	attacker.ask()
	for _, name := range []string{"metrics", "health"} {
		attacker.await(name, v1alpha1.ConditionMessengerReady, metav1.ConditionFalse, "")
	}
}
