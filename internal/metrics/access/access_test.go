package access

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/accessnotifier/accessnotifier/test/controlplane"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
)

var plane *controlplane.ControlPlane

func TestMain(m *testing.M) {
	os.Exit(controlplane.Main(m, controlplane.Options{}, &plane))
}

// metrics are those of an operator that has the rights in config/rbac and no others.
type metrics struct {
	*testing.T
	handler http.Handler
	// asked counts the requests to the API server, which cannot be reached while it is down.
	asked atomic.Int64
	down  atomic.Bool
}

func newMetrics(t *testing.T) *metrics {
	t.Helper()
	user, err := plane.AddUser(t.Name())
	if err != nil {
		t.Fatal(err)
	}
	grant(t, "metrics_auth_role.yaml", rbacv1.Subject{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: t.Name()})
	m := &metrics{T: t}
	m.serve(user.Config)
	return m
}

func (m *metrics) serve(config *rest.Config) {
	m.Helper()
	config = rest.CopyConfig(config)
	config.Wrap(func(next http.RoundTripper) http.RoundTripper {
		return roundTripper(func(r *http.Request) (*http.Response, error) {
			m.asked.Add(1)
			if m.down.Load() {
				return nil, errDown
			}
			return next.RoundTrip(r)
		})
	})
	httpClient, err := rest.HTTPClientFor(config)
	if err != nil {
		m.Fatal(err)
	}
	m.Cleanup(httpClient.CloseIdleConnections)
	filter, err := NewFilter(config, httpClient)
	if err != nil {
		m.Fatal(err)
	}
	m.handler, err = filter(logr.Discard(), http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusOK)
	}))
	if err != nil {
		m.Fatal(err)
	}
}

var errDown = errors.New("the API server is down")

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// want scrapes with the content of an Authorization header.
func (m *metrics) want(status int, method, path, authorization string) {
	m.Helper()
	request := httptest.NewRequestWithContext(m.Context(), method, path, http.NoBody)
	if authorization != "" {
		request.Header.Set("Authorization", authorization)
	}
	answer := httptest.NewRecorder()
	m.handler.ServeHTTP(answer, request)
	if answer.Code != status {
		m.Errorf("%s %s with %.12q is answered with %d, want %d", method, path, authorization, answer.Code, status)
	}
}

// grant binds one of the cluster roles in config/rbac, as it is there.
func grant(t *testing.T, file string, to rbacv1.Subject) {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("../../../config/rbac", file))
	if err != nil {
		t.Fatal(err)
	}
	role := &rbacv1.ClusterRole{}
	if err := yaml.UnmarshalStrict(content, role); err != nil {
		t.Fatal(err)
	}
	role.Name = ""
	role.GenerateName = "metrics-"
	create(t, role)
	create(t, &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "metrics-"},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role.Name},
		Subjects:   []rbacv1.Subject{to},
	})
	for _, rule := range role.Rules {
		awaitRight(t, to, rule)
	}
}

// awaitRight waits until the API server knows what was granted.
func awaitRight(t *testing.T, to rbacv1.Subject, rule rbacv1.PolicyRule) {
	t.Helper()
	spec := authorizationv1.SubjectAccessReviewSpec{User: to.Name}
	if to.Kind == rbacv1.ServiceAccountKind {
		spec.User = "system:serviceaccount:" + to.Namespace + ":" + to.Name
	}
	if len(rule.NonResourceURLs) > 0 {
		spec.NonResourceAttributes = &authorizationv1.NonResourceAttributes{Verb: rule.Verbs[0], Path: rule.NonResourceURLs[0]}
	} else {
		spec.ResourceAttributes = &authorizationv1.ResourceAttributes{Verb: rule.Verbs[0], Group: rule.APIGroups[0], Resource: rule.Resources[0]}
	}
	wait.Test(t, 30*time.Second, "the API server knows a right", func() error {
		review := &authorizationv1.SubjectAccessReview{Spec: spec}
		if err := plane.Client().Create(t.Context(), review); err != nil {
			return err
		}
		if !review.Status.Allowed {
			return errors.New("it is denied")
		}
		return nil
	})
}

func create(t *testing.T, object client.Object) {
	t.Helper()
	if err := plane.Client().Create(t.Context(), object); err != nil {
		t.Fatal(err)
	}
}

// account makes a ServiceAccount, and returns it with a token of it.
func account(t *testing.T) (rbacv1.Subject, string) {
	t.Helper()
	namespace, err := plane.CreateNamespace(t.Context(), "scrapers")
	if err != nil {
		t.Fatal(err)
	}
	scraper := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: "scraper"}}
	create(t, scraper)
	request := &authenticationv1.TokenRequest{}
	if err := plane.Client().SubResource("token").Create(t.Context(), scraper, request); err != nil {
		t.Fatal(err)
	}
	return rbacv1.Subject{Kind: rbacv1.ServiceAccountKind, Namespace: namespace, Name: scraper.Name}, request.Status.Token
}

func TestWhoMayReadTheMetrics(t *testing.T) {
	m := newMetrics(t)
	reader, token := account(t)
	grant(t, "metrics_reader_role.yaml", reader)
	_, stranger := account(t)

	m.want(http.StatusOK, http.MethodGet, "/metrics", "Bearer "+token)
	m.want(http.StatusOK, http.MethodGet, "/metrics", "bearer  "+token)
	m.want(http.StatusForbidden, http.MethodGet, "/metrics", "Bearer "+stranger)
	// A right for one thing is none for another, also when it is known already.
	m.want(http.StatusForbidden, http.MethodPost, "/metrics", "Bearer "+token)
	m.want(http.StatusForbidden, http.MethodGet, "/other", "Bearer "+token)
	m.want(http.StatusUnauthorized, http.MethodGet, "/metrics", "Bearer "+token[:len(token)-4]+"AAAA")
	m.want(http.StatusUnauthorized, http.MethodGet, "/metrics", "Bearer nonsense")

	asked := m.asked.Load()
	for _, none := range []string{"", "Bearer", "Bearer ", "Basic " + token, token} {
		m.want(http.StatusUnauthorized, http.MethodGet, "/metrics", none)
	}
	if now := m.asked.Load(); now != asked {
		t.Errorf("the API server is asked %d times about no token", now-asked)
	}
}

func TestAVerdictHoldsForAWhile(t *testing.T) {
	m := newMetrics(t)
	reader, token := account(t)
	m.want(http.StatusForbidden, http.MethodGet, "/metrics", "Bearer "+token)
	m.want(http.StatusUnauthorized, http.MethodGet, "/metrics", "Bearer nonsense")
	asked := m.asked.Load()
	grant(t, "metrics_reader_role.yaml", reader)
	for range 3 {
		m.want(http.StatusForbidden, http.MethodGet, "/metrics", "Bearer "+token)
		m.want(http.StatusUnauthorized, http.MethodGet, "/metrics", "Bearer nonsense")
	}
	if now := m.asked.Load(); now != asked {
		t.Errorf("the API server is asked %d times about what it has just said", now-asked)
	}
}

// TestWithoutAVerdictNothingIsShown, and what went wrong is not kept as a verdict.
func TestWithoutAVerdictNothingIsShown(t *testing.T) {
	m := newMetrics(t)
	reader, token := account(t)
	grant(t, "metrics_reader_role.yaml", reader)
	m.down.Store(true)
	m.want(http.StatusInternalServerError, http.MethodGet, "/metrics", "Bearer "+token)
	m.down.Store(false)
	m.want(http.StatusOK, http.MethodGet, "/metrics", "Bearer "+token)

	// An operator without the cluster role may not ask.
	user, err := plane.AddUser("without-the-role")
	if err != nil {
		t.Fatal(err)
	}
	m.serve(user.Config)
	m.want(http.StatusInternalServerError, http.MethodGet, "/metrics", "Bearer "+token)
}
