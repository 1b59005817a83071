package cluster

import (
	"archive/tar"
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
)

func TestAuthorityIsTrustedForWhatItIssued(t *testing.T) {
	a, err := NewAuthority("test")
	if err != nil {
		t.Fatal(err)
	}
	pair, err := a.Issue("server", []string{"group"}, "10.0.0.1", "server.test")
	if err != nil {
		t.Fatal(err)
	}
	loaded, err := tls.X509KeyPair(pair.Certificate, pair.Key)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.PEM)
	for host, want := range map[string]bool{"10.0.0.1": true, "server.test": true, "10.0.0.2": false} {
		if _, err := loaded.Leaf.Verify(x509.VerifyOptions{Roots: roots, DNSName: host}); (err == nil) != want {
			t.Errorf("verifying as %s: %v, want fine: %t", host, err, want)
		}
	}
	if subject := loaded.Leaf.Subject; subject.CommonName != "server" || subject.Organization[0] != "group" {
		t.Errorf("the subject is %s", subject)
	}
}

func TestKubeconfigLeadsToTheNode(t *testing.T) {
	a, err := NewAuthority("test")
	if err != nil {
		t.Fatal(err)
	}
	content, err := a.kubeconfig("admin", "system:masters")
	if err != nil {
		t.Fatal(err)
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(content)
	if err != nil || config.Host != "https://"+Address {
		t.Errorf("the kubeconfig leads to %v, %v", config, err)
	}
}

func TestArchive(t *testing.T) {
	content, err := archive(entry{"program", 0o755, []byte("text")})
	if err != nil {
		t.Fatal(err)
	}
	header, err := tar.NewReader(bytes.NewReader(content)).Next()
	if err != nil || header.Name != "program" || header.Mode != 0o755 || header.Size != 4 {
		t.Errorf("the archive begins with %+v, %v", header, err)
	}
}

func TestRemoveTree(t *testing.T) {
	root := filepath.Join(t.TempDir(), "group")
	if err := os.MkdirAll(filepath.Join(root, "pods", "pod"), 0o755); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time there is nothing
		if err := removeTree(root); err != nil {
			t.Error(err)
		}
	}
	if exists(root) {
		t.Error("the group is still there")
	}
}

func TestPortOf(t *testing.T) {
	const ports = `1: lo: <LOOPBACK,UP> mtu 65536
2: node0: <BROADCAST,UP> mtu 1500
7: veth7a@if2: <BROADCAST,UP> mtu 1500 master node0 link-netns cni-7
17: veth17@if2: <BROADCAST,UP> mtu 1500 master node0 link-netns cni-17
`
	const inside = "2: eth0@if%s: <BROADCAST,UP> mtu 1500 link-netnsid 0"
	for index, want := range map[string]string{"7": "veth7a", "17": "veth17", "3": ""} {
		got, err := portOf(strings.Replace(inside, "%s", index, 1), ports)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("the peer of %s is %q, %v, want %q", index, got, err, want)
		}
	}
	if _, err := portOf("2: eth0: <UP>", ports); err == nil {
		t.Error("an interface without a peer has one")
	}
}
