//go:build !host

package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/pflag"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/controllers"
	"github.com/accessnotifier/accessnotifier/internal/check"
	"github.com/accessnotifier/accessnotifier/internal/status"
)

// objectOptions are the flags that lead to AccessNotifiers.
type objectOptions struct {
	kubeconfig, namespace, context, selector string
	all, allNamespaces                       bool
}

func (o *objectOptions) addFlags(flags *pflag.FlagSet) {
	flags.StringVar(&o.kubeconfig, clientcmd.RecommendedConfigPathFlag, "", "Kubeconfig to use; default as kubectl: that of $KUBECONFIG, or ~/.kube/config")
	flags.StringVarP(&o.namespace, "namespace", "n", "", "Namespace of the AccessNotifier; default that of the kubeconfig")
	flags.StringVar(&o.context, "context", "", "Context of the kubeconfig; default the current one")
	flags.BoolVar(&o.all, "all", false, "Check all AccessNotifiers of the namespace")
	flags.BoolVarP(&o.allNamespaces, "all-namespaces", "A", false, "Check the AccessNotifiers of all namespaces")
	flags.StringVarP(&o.selector, "selector", "l", "", "Check only AccessNotifiers with these labels, with --all or -A; default all")
}

// several reports whether more than one AccessNotifier may be meant.
func (o *objectOptions) several() bool { return o.all || o.allNamespaces }

// read reads AccessNotifiers and exactly their Secrets, as the operator does. The options
// are those of all of them.
func (o *objectOptions) read(ctx context.Context, args []string, options check.Options) ([]target, error) {
	reader, namespace, err := o.connect()
	if err != nil {
		return nil, &exitError{status: exitWrong, err: err}
	}
	notifiers, err := o.find(ctx, reader, namespace, args)
	if err != nil {
		return nil, err
	}
	var targets []target
	for i := range notifiers {
		t := target{name: notifiers[i].Namespace + "/" + notifiers[i].Name, options: options}
		if err := translate(ctx, reader, &notifiers[i], &t.options); err != nil {
			return nil, err
		}
		targets = append(targets, t)
	}
	return targets, nil
}

// find returns the AccessNotifiers that are meant. One that may be listed, but not got by
// its name, is found as well: that is what the operator may do, in whose pod this may run.
func (o *objectOptions) find(ctx context.Context, reader client.Reader, namespace string, args []string) ([]v1alpha1.AccessNotifier, error) {
	selector, err := labels.Parse(o.selector)
	if err != nil {
		return nil, &exitError{status: exitWrong, err: fmt.Errorf("reading --selector: %w", err)}
	}
	list := &v1alpha1.AccessNotifierList{Items: make([]v1alpha1.AccessNotifier, 1)}
	options := []client.ListOption{client.MatchingLabelsSelector{Selector: selector}}
	if !o.allNamespaces {
		options = append(options, client.InNamespace(namespace))
	}
	if !o.several() {
		err = reader.Get(ctx, client.ObjectKey{Namespace: namespace, Name: args[0]}, &list.Items[0])
		options = append(options, client.MatchingFields{metav1.ObjectNameField: args[0]})
	}
	if o.several() || apierrors.IsForbidden(err) {
		err = reader.List(ctx, list, options...)
	}
	switch {
	case apierrors.IsNotFound(err), err == nil && !o.several() && len(list.Items) == 0:
		return nil, &exitError{status: exitWrong, err: fmt.Errorf("there is no AccessNotifier %q in namespace %q", args[0], namespace)}
	case meta.IsNoMatchError(err):
		return nil, &exitError{status: exitWrong, err: errors.New("this cluster knows no AccessNotifiers: install the CRD")}
	case err != nil:
		return nil, fmt.Errorf("reading AccessNotifiers: %w", err)
	}
	return list.Items, nil
}

// translate completes the options with what an AccessNotifier says.
func translate(ctx context.Context, reader client.Reader, notifier *v1alpha1.AccessNotifier, options *check.Options) error {
	spec, wrong, err := controllers.Translate(ctx, reader, notifier)
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
	options.Sender = fmt.Sprintf("access-notifier check %s -n %s", notifier.Name, notifier.Namespace)
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
