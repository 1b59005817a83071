package cluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"embed"
	"encoding/pem"
	"os"
	"path/filepath"

	"k8s.io/client-go/util/keyutil"
)

//go:embed files
var files embed.FS

// prepare makes the file systems, keys and configuration.
func (c *Cluster) prepare(context.Context) error {
	if err := furnish(); err != nil {
		return err
	}
	if err := directories("log", "pki", "cni", "etcd", "kubelet"); err != nil {
		return err
	}
	for from, to := range map[string]string{
		"containerd.toml": "containerd.toml", "cni.conflist": "cni/node.conflist", "kubelet.yaml": "kubelet.yaml",
	} {
		content, err := files.ReadFile("files/" + from)
		if err != nil {
			return err
		}
		if err := write(to, content); err != nil {
			return err
		}
	}
	// No server answers there: the cluster has no DNS, and pods use addresses.
	if err := write("resolv.conf", []byte("nameserver 127.0.0.1\n")); err != nil {
		return err
	}
	return c.makeKeys()
}

func (c *Cluster) makeKeys() (err error) {
	if c.authority, err = NewAuthority("node"); err != nil {
		return err
	}
	tokens, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	private, err := keyutil.MarshalPrivateKeyToPEM(tokens)
	if err != nil {
		return err
	}
	public, err := x509.MarshalPKIXPublicKey(&tokens.PublicKey)
	if err != nil {
		return err
	}
	content := map[string][]byte{
		"ca.crt":     c.authority.PEM,
		"tokens.key": private,
		"tokens.pub": pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}),
	}
	for _, server := range []string{"apiserver", "kubelet"} {
		pair, err := c.authority.Issue(server, []string{"system:masters"}, Address, "127.0.0.1", "kubernetes.default.svc", nodeName)
		if err != nil {
			return err
		}
		content[server+".crt"], content[server+".key"] = pair.Certificate, pair.Key
	}
	for file, user := range map[string][]string{
		"admin":              {"admin", "system:masters"},
		"controller-manager": {"system:kube-controller-manager"},
		"scheduler":          {"system:kube-scheduler"},
		"kubelet":            {"system:node:" + nodeName, "system:nodes"},
	} {
		if content[file+".kubeconfig"], err = c.authority.kubeconfig(user[0], user[1:]...); err != nil {
			return err
		}
	}
	for name, text := range content {
		if err := write("pki/"+name, text); err != nil {
			return err
		}
	}
	return nil
}

func write(name string, content []byte) error {
	return os.WriteFile(filepath.Join(state, name), content, 0o600)
}
