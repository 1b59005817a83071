package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/test/controlplane"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

// readme installs from a clone what the README says, as it says: the image of `make image` has the
// name there, and is on the node as after `kind load`.
func (t *trial) readme(ctx context.Context) (string, error) {
	image, arguments, err := fromClone()
	if err != nil {
		return "", err
	}
	if err := t.own.TagImage(ctx, t.image, image); err != nil {
		return "", err
	}
	if err := t.kube.runHelm(ctx, nil, arguments...); err != nil {
		return "", err
	}
	err = wait.For(ctx, within, pollEvery, func() error {
		d := &appsv1.Deployment{}
		if err := t.kube.Get(ctx, client.ObjectKey{Namespace: release, Name: release}, d); err != nil {
			return err
		}
		if got := d.Spec.Template.Spec.Containers[0].Image; got != image {
			return fmt.Errorf("the chart's image is %s, and that of the clone %s", got, image)
		}
		if d.Status.AvailableReplicas == 0 || d.Status.UnavailableReplicas > 0 {
			return fmt.Errorf("%d pods are available, %d are not", d.Status.AvailableReplicas, d.Status.UnavailableReplicas)
		}
		return nil
	})
	if err != nil {
		return "", err
	}
	crd := &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: "accessnotifiers.accessnotifier.dev"}}
	return image + " is available", errors.Join(
		t.kube.runHelm(ctx, nil, "uninstall", release, "--namespace="+release, "--wait", "--timeout=3m"),
		t.kube.remove(ctx, release), t.kube.Delete(ctx, crd))
}

// fromClone returns the image that the README makes of a clone, and what it has Helm do.
func fromClone() (image string, helm []string, err error) {
	root, err := controlplane.RepositoryRoot()
	if err != nil {
		return "", nil, err
	}
	text, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		return "", nil, err
	}
	_, block, _ := strings.Cut(string(text), "make image IMAGE=")
	block, _, _ = strings.Cut(block, "```")
	image, block, _ = strings.Cut(block, "\n")
	_, command, found := strings.Cut(block, "kind load image-archive dist/image.tar\nhelm ")
	if !found {
		return "", nil, errors.New("the README says no more how to install from a clone")
	}
	return image, strings.Fields(strings.ReplaceAll(command, "\\\n", "")), nil
}
