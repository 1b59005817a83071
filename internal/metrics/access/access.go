// Package access lets those accounts read the metrics that may do so by the rules of
// Kubernetes. It does what the filter of controller-runtime does, without the API server's
// modules for authentication, which that filter links.
package access

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/cache"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

const (
	// reviewWithin bounds the two questions to the API server.
	reviewWithin = 10 * time.Second
	// A verdict holds for a while, so that a scrape seldom waits for the API server. A right
	// that is given counts sooner than one that is taken away.
	allowedFor, deniedFor = time.Minute, 30 * time.Second
	// verdicts is how many are kept: more than the client's limit of calls lets wrong tokens
	// make in that time, so that they push out no scraper's.
	verdicts = 4096
	// maxToken is more than a token of Kubernetes has, in bytes. Whoever reaches the port must not
	// have the operator send the API server megabytes.
	maxToken = 16 << 10
	// maxAsked are the callers for whom the API server is asked at a time. Whoever is known does not
	// wait for them.
	maxAsked = 32
)

// reviewer asks the API server whose a token is and what the account may do, which takes
// the right to create TokenReviews and SubjectAccessReviews.
type reviewer struct {
	tokens authenticationclient.TokenReviewInterface
	access authorizationclient.SubjectAccessReviewInterface
	// known has HTTP statuses by questions.
	known *cache.LRUExpireCache
	// asked holds a place for each caller for whom the API server is asked.
	asked chan struct{}
}

// question is what a verdict is about. It keeps no token.
type question struct {
	token      [sha256.Size]byte
	verb, path string
}

// NewFilter makes a filter that asks the API server about each bearer token: an account
// needs the right to get the URL.
func NewFilter(config *rest.Config, client *http.Client) (server.Filter, error) {
	authentication, err := authenticationclient.NewForConfigAndClient(config, client)
	if err != nil {
		return nil, fmt.Errorf("making a client for TokenReviews: %w", err)
	}
	authorization, err := authorizationclient.NewForConfigAndClient(config, client)
	if err != nil {
		return nil, fmt.Errorf("making a client for SubjectAccessReviews: %w", err)
	}
	r := &reviewer{
		tokens: authentication.TokenReviews(),
		access: authorization.SubjectAccessReviews(),
		known:  cache.NewLRUExpireCache(verdicts),
		asked:  make(chan struct{}, maxAsked),
	}
	return r.filter, nil
}

func (r *reviewer) filter(log logr.Logger, next http.Handler) (http.Handler, error) {
	return http.HandlerFunc(func(w http.ResponseWriter, request *http.Request) {
		status, err := r.judge(request)
		if err != nil {
			log.Error(err, "Asking the API server who reads the metrics failed")
			status = http.StatusInternalServerError
		}
		if status != http.StatusOK {
			http.Error(w, http.StatusText(status), status)
			return
		}
		next.ServeHTTP(w, request)
	}), nil
}

// judge returns the status to answer a request with.
func (r *reviewer) judge(request *http.Request) (status int, err error) {
	scheme, token, _ := strings.Cut(strings.TrimSpace(request.Header.Get("Authorization")), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > maxToken {
		return http.StatusUnauthorized, nil
	}
	about := question{token: sha256.Sum256([]byte(token)), verb: strings.ToLower(request.Method), path: request.URL.Path}
	known, _ := r.known.Get(about)
	if status, ok := known.(int); ok {
		return status, nil
	}
	select {
	case r.asked <- struct{}{}:
		defer func() { <-r.asked }()
	default:
		return http.StatusServiceUnavailable, nil
	}
	ctx, cancel := context.WithTimeout(request.Context(), reviewWithin)
	defer cancel()
	if status, err = r.review(ctx, token, about); err != nil {
		return 0, err
	}
	holds := deniedFor
	if status == http.StatusOK {
		holds = allowedFor
	}
	r.known.Add(about, status, holds)
	return status, nil
}

func (r *reviewer) review(ctx context.Context, token string, about question) (status int, err error) {
	whose, err := r.tokens.Create(ctx, &authenticationv1.TokenReview{
		Spec: authenticationv1.TokenReviewSpec{Token: token},
	}, metav1.CreateOptions{})
	if err != nil {
		return 0, fmt.Errorf("creating a TokenReview: %w", err)
	}
	if !whose.Status.Authenticated {
		return http.StatusUnauthorized, nil
	}
	user := whose.Status.User
	extra := make(map[string]authorizationv1.ExtraValue, len(user.Extra))
	for name, values := range user.Extra {
		extra[name] = authorizationv1.ExtraValue(values)
	}
	may, err := r.access.Create(ctx, &authorizationv1.SubjectAccessReview{
		Spec: authorizationv1.SubjectAccessReviewSpec{
			User: user.Username, UID: user.UID, Groups: user.Groups, Extra: extra,
			NonResourceAttributes: &authorizationv1.NonResourceAttributes{Verb: about.verb, Path: about.path},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		return 0, fmt.Errorf("creating a SubjectAccessReview: %w", err)
	}
	if !may.Status.Allowed {
		return http.StatusForbidden, nil
	}
	return http.StatusOK, nil
}
