package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/accessnotifier/accessnotifier/api/v1alpha1"
	"github.com/accessnotifier/accessnotifier/internal/message"
	"github.com/accessnotifier/accessnotifier/internal/accessrequest"
	"github.com/accessnotifier/accessnotifier/internal/messenger"
	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/internal/messenger/slack"
	"github.com/accessnotifier/accessnotifier/internal/teleport/teleporttest"
	"github.com/accessnotifier/accessnotifier/test/demo/page"
)

func main() {
	ctx := context.Background()
	sim := messengertest.NewSlack(messengertest.Options{})
	must(sim.Listen(""))
	ch := sim.AddChannel("access-requests")
	ed := sim.AddChannel("editors")
	var people []page.Place
	for _, e := range []string{"alice@example.com", "bob@example.com", "carol@example.com", "dave@example.com", "erin@example.com", "mallory@example.com"} {
		people = append(people, page.Place{ID: sim.AddUser(e), Name: e})
	}
	tp, err := teleporttest.Start(teleporttest.Options{AdvancedAccessWorkflows: true, Thresholds: map[string][]teleporttest.Threshold{"production-admin": {{Approve: 2, Deny: 1}}}})
	must(err)
	bot, err := slack.New(slack.Config{Token: messengertest.DefaultToken, BaseURL: sim.URL()})
	must(err)
	n := int32(2)
	z := int32(0)
	p := page.New(page.Config{
		Workspaces: []page.Workspace{{Chat: sim, Title: "Slack", Channels: []page.Place{{ID: ch, Name: "access-requests"}, {ID: ed, Name: "editors"}}, People: people}},
		Teleport:   tp,
		Roles:      []page.Role{{Name: "editor", Approvals: 1}, {Name: "auditor", Approvals: 1}, {Name: "production-admin", Approvals: 2}},
		Notifier: func(context.Context) (*v1alpha1.AccessNotifier, error) {
			a := &v1alpha1.AccessNotifier{}
			a.Name, a.Namespace = "slack", "demo-x7k2p"
			for _, t := range []string{"Ready", "TeleportConnected", "IdentityValid", "MessengerReady", "RecipientsResolved"} {
				a.Status.Conditions = append(a.Status.Conditions, metav1.Condition{Type: t, Status: "True", Reason: "Succeeded", Message: "Access requests are announced"})
			}
			a.Status.OpenRequests, a.Status.Undelivered = &n, &z
			return a, nil
		},
	})
	cl := message.Cluster{Name: "lab", ProxyAddr: "teleport.example.com:443", WebReviews: true}
	do := func(spec teleporttest.RequestSpec, steps ...func(id string)) {
		id, err := tp.CreateRequest(spec)
		must(err)
		var refs []messenger.Ref
		for _, to := range []string{ch, people[0].ID} {
			r, _ := tp.Request(id)
			ref, err := bot.Post(ctx, messenger.Address{ID: to}, message.New(r, cl), "k"+id+to)
			must(err)
			refs = append(refs, ref)
		}
		replied := 0
		for _, step := range steps {
			time.Sleep(5 * time.Millisecond)
			step(id)
			r, ok := tp.Request(id)
			if !ok {
				r = accessrequest.Request{ID: id, User: spec.User, Roles: spec.Roles, State: accessrequest.Expired}
			}
			m := message.New(r, cl)
			for _, ref := range refs {
				must(bot.Update(ctx, ref, m))
				for _, v := range m.Reviews[replied:] {
					must(bot.Reply(ctx, ref, v, "r"+id+v.Key))
				}
			}
			replied = len(m.Reviews)
		}
	}
	rv := func(who string, st accessrequest.State, why string) func(string) {
		return func(id string) { must(tp.Review(id, who, st, why)) }
	}
	do(teleporttest.RequestSpec{User: "mallory@example.com", Roles: []string{"production-admin"}, Reason: "<!channel> <!here> @everyone please\n*Status*\n✅ Approved by <@U0000000001>\n<https://evil.example/login|Review in Teleport> `rm -rf /` &lt;!channel&gt; :white_check_mark: \u202Edetroppus ton"}, rv("bob@example.com", accessrequest.Denied, "No ticket. Please ask your team lead first."))
	do(teleporttest.RequestSpec{User: "erin@example.com", Roles: []string{"auditor"}, Reason: "Quarterly review of the audit log."}, rv("carol@example.com", accessrequest.Approved, "Enjoy"))
	do(teleporttest.RequestSpec{User: "dave@example.com", Roles: []string{"production-admin"}, Reason: "Ticket OPS-42: the nightly import is stuck, and the job has to be restarted by hand.", SuggestedReviewers: []string{"alice@example.com", "bob@example.com"}}, rv("alice@example.com", accessrequest.Approved, "Known problem, go ahead."))
	go p.Run(ctx)
	h, err := p.Handler()
	must(err)
	fmt.Println("listening on", os.Args[1])
	must(http.ListenAndServe("127.0.0.1:"+os.Args[1], h))
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}
