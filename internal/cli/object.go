//go:build !host

package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/controllers"
	"github.com/accessnotifier/accessnotifier/internal/check"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// objectOptions are the flags that lead to an AccessNotifier.
type objectOptions struct {
	kubeconfig, namespace, context string
}

func (o *objectOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.kubeconfig, clientcmd.RecommendedConfigPathFlag, "", "Kubeconfig to use; default as kubectl: that of $KUBECONFIG, or ~/.kube/config")
	flags.StringVarP(&o.namespace, "namespace", "n", "", "Namespace of the AccessNotifier; default that of the kubeconfig")
	flags.StringVar(&o.context, "context", "", "Context of the kubeconfig; default the current one")
}

// read reads an AccessNotifier and exactly its Secrets, as the operator does.
func (o *objectOptions) read(ctx context.Context, name string, options *check.Options) error {
	reader, namespace, err := o.connect()
	if err != nil {
		return &exitError{status: exitWrong, err: err}
	}
	var notifier v1alpha1.AccessNotifier
	err = reader.Get(ctx, types.NamespacedName{Namespace: namespace, Name: name}, &notifier)
	switch {
	case apierrors.IsNotFound(err):
		return &exitError{status: exitWrong, err: fmt.Errorf("there is no AccessNotifier %q in namespace %q", name, namespace)}
	case meta.IsNoMatchError(err):
		return &exitError{status: exitWrong, err: errors.New("this cluster knows no AccessNotifiers: install the CRD")}
	case err != nil:
		return fmt.Errorf("reading AccessNotifier %s/%s: %w", namespace, name, err)
	}
	spec, wrong, err := controllers.Translate(ctx, reader, &notifier)
	if err != nil {
		return err
	}
	for _, p := range wrong {
		if p.Reason == status.ReasonPermissionDenied {
			p.Message = "You may not read a Secret that the AccessNotifier names; ask for the permission to get it"
		}
		options.Problems = append(options.Problems, check.Problem{Where: "secret", Message: p.Message})
	}
	for _, field := range notifier.Spec.FormerFields() {
		options.Problems = append(options.Problems, check.Problem{Where: field.Path, Message: field.Message})
	}
	options.Spec = spec
	options.Sender = fmt.Sprintf("access-notifier check %s -n %s", name, namespace)
	return nil
}

// connect finds the API server the way that kubectl does.
func (o *objectOptions) connect() (reader client.Reader, namespace string, err error) {
	overrides := &clientcmd.ConfigOverrides{CurrentContext: o.context}
	overrides.Context.Namespace = o.namespace
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = o.kubeconfig
	config := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides)
	rest, err := config.ClientConfig()
	if err != nil {
		return nil, "", fmt.Errorf("finding the Kubernetes API server: %w", err)
	}
	if namespace, _, err = config.Namespace(); err != nil {
		return nil, "", fmt.Errorf("reading the kubeconfig: %w", err)
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, v1alpha1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, "", fmt.Errorf("registering types: %w", err)
		}
	}
	reader, err = client.New(rest, client.Options{Scheme: scheme})
	return reader, namespace, err
}
