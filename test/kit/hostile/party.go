package hostile

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/kit/service"
)

// Party is a tenant with an AccessNotifier for each hostile server and each of its ways. End it with
// Close.
type Party struct {
	// Notifiers and Secrets are to be created in one namespace. Secrets are by their names.
	Notifiers []*v1alpha1.AccessNotifier
	Secrets   map[string]map[string]string
	// Flags lead the operator to those services whose address is not a tenant's to say.
	Flags []string

	// slack answers those calls of Slack that are not of the party; nil for none.
	slack http.Handler
	// home is an honest Teleport, with requests that are pending.
	home *teleporttest.Server
	// asked tells of each server, by what it does, how often it was called.
	asked map[string]func() int
	ends  []func()
}

const (
	// identity, authority and bots are the names of Secrets.
	identity, authority = "identity", "authority"
	// pending is how many requests each chat service is to be told of.
	pending = 3
	// trait holds the chat accounts of reviewers.
	trait = "account"
)

// NewParty starts all servers. What is in the place of Slack leads the calls of others to slack, unless
// that is nil.
func NewParty(slack http.Handler) (*Party, error) {
	p := &Party{slack: slack, Secrets: map[string]map[string]string{authority: {messenger.SecretCA: CA()}}, asked: map[string]func() int{}}
	for _, invite := range []func() error{p.settle, p.inviteTeleports, p.inviteWebs, p.inviteMails, p.invitePublic} {
		if err := invite(); err != nil {
			p.Close()
			return nil, err
		}
	}
	return p, nil
}

// Close ends all servers.
func (p *Party) Close() {
	var ending sync.WaitGroup
	for _, end := range p.ends {
		ending.Go(end)
	}
	ending.Wait()
}

// Objects are all Secrets and AccessNotifiers, for a namespace, with labels.
func (p *Party) Objects(namespace string, labels map[string]string) []client.Object {
	var all []client.Object
	for name, content := range p.Secrets {
		all = append(all, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, StringData: content})
	}
	for _, n := range p.Notifiers {
		n = n.DeepCopy()
		n.Namespace, n.Labels = namespace, labels
		all = append(all, n)
	}
	return all
}

// NotAsked names those that no operator has called.
func (p *Party) NotAsked() []string {
	var names []string
	for name, asked := range p.asked {
		if asked() == 0 {
			names = append(names, name)
		}
	}
	return names
}

// teleport starts an honest Teleport, and keeps an identity for it.
func (p *Party) teleport(secret string) (*teleporttest.Server, error) {
	server, err := teleporttest.Start(teleporttest.Options{
		Version: "18.11.0", AdvancedAccessWorkflows: true,
		// Reminders of a minute are due.
		Now: func() time.Time { return time.Now().Add(-time.Minute) },
	})
	if err != nil {
		return nil, fmt.Errorf("starting a Teleport: %w", err)
	}
	p.ends = append(p.ends, server.Close)
	issued, err := server.Identity(teleporttest.IdentityOptions{User: "bot", Roles: []string{teleporttest.ReviewPluginRole}})
	if err != nil {
		return nil, fmt.Errorf("issuing an identity: %w", err)
	}
	p.Secrets[secret] = map[string]string{v1alpha1.DefaultIdentityKey: string(issued.File)}
	return server, nil
}

// settle starts the Teleport of those whose chat service is hostile.
func (p *Party) settle() (err error) {
	if p.home, err = p.teleport(identity); err != nil {
		return err
	}
	for range pending {
		if _, err := p.home.CreateRequest(teleporttest.RequestSpec{}); err != nil {
			return fmt.Errorf("creating a request: %w", err)
		}
	}
	return nil
}

// add adds a notifier whose Teleport is home, unless the spec names another.
func (p *Party) add(name string, spec v1alpha1.AccessNotifierSpec) {
	if spec.Teleport.Address == "" {
		spec.Teleport.Address = p.home.Addr()
	}
	if spec.Teleport.IdentitySecretRef == nil {
		spec.Teleport.IdentitySecretRef = &v1alpha1.SecretKeyReference{Name: identity}
	}
	notifier := &v1alpha1.AccessNotifier{Spec: spec}
	notifier.Name = fmt.Sprintf("%s-%d", name, len(p.Notifiers))
	p.Notifiers = append(p.Notifiers, notifier)
}

// join takes the peers in, as those of a name.
func (p *Party) join(name string, started []*Peer) {
	for _, peer := range started {
		p.ends = append(p.ends, peer.Close)
		p.asked[name+": "+peer.Does] = peer.Connected
	}
}

// chat is a spec for a chat service. A token of its own makes a bot of its own.
func (p *Party) chat(s service.Service, url, token string) v1alpha1.AccessNotifierSpec {
	secret := s.Name() + "-" + token
	p.Secrets[secret] = maps.Clone(s.Secrets(token))
	spec := v1alpha1.AccessNotifierSpec{Messenger: s.Spec(url, v1alpha1.SecretKeyReference{
		Name: v1alpha1.SecretName(secret), Key: v1alpha1.SecretKey(s.MainSecret()),
	})}
	s.Tell(&spec, s.Channel("reviewers", s.Simulate(messengertest.Options{}).AddChannel("reviewers")))
	return spec
}

// inviteTeleports invites Teleports: what is none, Auth servers that speak gRPC of their own, and
// those that tell more than there is room for.
func (p *Party) inviteTeleports() error {
	webs, err := Webs()
	if err != nil {
		return err
	}
	p.join("Teleport", webs)
	auths, err := Auths(p.home)
	if err != nil {
		return err
	}
	p.join("Teleport", auths)
	for _, peer := range append(webs, auths...) {
		spec := p.chat(service.Webhook, "https://"+peer.Addr, "unused")
		spec.Teleport.Address = peer.Addr
		spec.Teleport.CASecretRef = &v1alpha1.SecretKeyReference{Name: authority}
		p.add("teleport", spec)
	}
	for name, act := range map[string]func(*teleporttest.Server){
		"endless-list":       func(s *teleporttest.Server) { s.EndlessLists(1) },
		"endless-large-list": func(s *teleporttest.Server) { s.EndlessLists(4000) },
		"events":             p.floodEvents,
	} {
		server, err := p.teleport(name)
		if err != nil {
			return err
		}
		act(server)
		p.asked["Teleport: "+name] = func() int { return server.Calls()["WatchEvents"] }
		spec := p.chat(service.Webhook, "https://"+webs[0].Addr, "unused")
		spec.Teleport.Address = server.Addr()
		spec.Teleport.IdentitySecretRef = &v1alpha1.SecretKeyReference{Name: v1alpha1.SecretName(name)}
		p.add("teleport", spec)
	}
	return nil
}

func (p *Party) floodEvents(server *teleporttest.Server) {
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		FloodEvents(server, stop)
	}()
	p.ends = append(p.ends, func() {
		close(stop)
		<-ended
	})
}

// inviteWebs invites chat servers and webhooks by their address.
func (p *Party) inviteWebs() error {
	for _, s := range []service.Service{service.Mattermost, service.Webhook} {
		webs, err := Webs()
		if err != nil {
			return err
		}
		p.join(s.Title(), webs)
		for _, peer := range webs {
			spec := p.chat(s, "https://"+peer.Addr, "hostile")
			ca := &v1alpha1.SecretKeyReference{Name: authority}
			if spec.Messenger.Mattermost != nil {
				spec.Messenger.Mattermost.CASecretRef = ca
			} else {
				spec.Messenger.Webhook.CASecretRef = ca
			}
			p.add(s.Name(), spec)
		}
	}
	return nil
}

func (p *Party) inviteMails() error {
	started, err := Mails()
	if err != nil {
		return err
	}
	p.join("Email", started)
	for _, peer := range started {
		p.add("email", p.chat(service.Email, "smtp://"+peer.Addr, "hostile"))
	}
	return nil
}

// invitePublic puts hostile servers in the place of services with a public address, with the
// servers of theirs that give out access tokens: as many notifiers each as there are ways.
func (p *Party) invitePublic() error {
	for _, s := range service.All {
		if s.OwnServer() {
			continue
		}
		var asked counter
		front := Turns()
		if s.Type == service.Slack.Type {
			front = p.inviteSlack(front)
		}
		server, err := startHTTP(s.Title(), asked.counting(front), nil)
		if err != nil {
			return err
		}
		p.ends = append(p.ends, server.Close)
		p.asked[s.Title()] = asked.count
		p.Flags = append(p.Flags, s.Flags("http://"+server.Addr+s.Path)...)
		for way := range Ways() {
			p.add(s.Name(), p.chat(s, "", fmt.Sprintf("%s%d", hostileToken, way)))
		}
	}
	if len(p.Flags) == 0 {
		return errors.New("no service has a public address")
	}
	return nil
}

// hostileToken begins the tokens of bots that meet hostile answers.
const hostileToken = "xoxb-hostile-"

// inviteSlack invites honest apps of Slack whose connections for clicks are hostile, and returns what
// leads to them, and the party's other bots to hostile answers.
func (p *Party) inviteSlack(turns http.Handler) http.Handler {
	apps, clicks := map[string]http.Handler{}, Sockets()
	for way := range SocketWays() {
		token, app := fmt.Sprintf("xoxb-clicks-%d", way), fmt.Sprintf("xapp-1-A0SIMULATED-1-%d", way)
		slack := messengertest.NewSlack(messengertest.Options{Token: token, AppToken: app})
		slack.AddChannel("reviewers")
		apps["Bearer "+token], apps["Bearer "+app] = slack, slack
		spec := p.chat(service.Slack, "", token)
		p.Secrets["slack-"+token][messenger.SecretAppToken] = app
		spec.Messenger.Slack.AppTokenSecretRef = &v1alpha1.SecretKeyReference{Name: v1alpha1.SecretName("slack-" + token)}
		spec.Review = &v1alpha1.ReviewSpec{Mode: v1alpha1.ReviewFull, Identity: &v1alpha1.ReviewIdentity{Trait: trait}}
		p.add("slack", spec)
	}
	var asked counter
	p.asked["Slack's connections for clicks"] = asked.count
	clicks = asked.counting(clicks)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		token := r.Header.Get("Authorization")
		switch app := apps[token]; {
		case r.Header.Get("Upgrade") != "":
			clicks.ServeHTTP(w, r)
		case app != nil:
			app.ServeHTTP(w, r)
		case p.slack != nil && !strings.HasPrefix(token, "Bearer "+hostileToken):
			p.slack.ServeHTTP(w, r)
		default:
			turns.ServeHTTP(w, r)
		}
	})
}
