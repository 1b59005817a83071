package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/accessnotifier/accessnotifier/internal/messenger/messengertest"
	"github.com/accessnotifier/accessnotifier/test/kit/wait"
	"github.com/accessnotifier/accessnotifier/test/node/cluster"
)

// kinds are all that happens. How long things last is in proportion to the operator's own
// times: it gives its lease up after 10 s without the API server, and a standby takes it after
// 15 s.
var kinds = []kind{
	{"leader-killed", hard, 0, (*soak).leaderKilled},
	{"leader-deleted", hard, 0, (*soak).leaderDeleted},
	{"leader-cut-off", hard, 20 * time.Second, (*soak).leaderCutOff},
	{"lease-deleted", hard, 0, (*soak).leaseDeleted},
	{"etcd-full", hard, 20 * time.Second, (*soak).etcdFull},
	{"api-server-killed", hard, 5 * time.Second, (*soak).apiServerKilled},

	{"standby-killed", soft, 0, (*soak).standbyKilled},
	{"network-blinks", soft, 4 * time.Second, (*soak).leaderCutOff},
	{"network-spoilt", soft, 15 * time.Second, (*soak).networkSpoilt},
	{"chat-down", soft, 15 * time.Second, (*soak).chatDown},
	{"chat-failing", soft, 10 * time.Second, (*soak).chatFailing},
	{"chat-throttled", soft, 10 * time.Second, (*soak).chatThrottled},
	{"chat-slow", soft, 10 * time.Second, (*soak).chatSlow},
	{"chat-answers-lost", soft, 5 * time.Second, (*soak).chatAnswersLost},
	{"teleport-restarted", soft, 2 * time.Second, (*soak).teleportRestarted},
	{"teleport-hangs", soft, 15 * time.Second, (*soak).teleportHangs},
	{"teleport-slow", soft, 10 * time.Second, (*soak).teleportSlow},
	{"clocks-stepped", soft, 10 * time.Second, (*soak).clocksStepped},
	{"token-rotated", soft, 3 * time.Second, (*soak).tokenRotated},
	{"identity-rotated", soft, 0, (*soak).identityRotatedNow},
	{"recipients-edited", soft, 10 * time.Second, (*soak).recipientsEdited},
	{"locale-edited", soft, 10 * time.Second, (*soak).localeEdited},
	{"kubelet-killed", soft, 3 * time.Second, (*soak).kubeletKilled},
}

func (s *soak) leaderKilled(ctx context.Context, _ event) (string, error) {
	p, err := s.present(ctx)
	if err != nil {
		return "", err
	}
	return p.pod.Name, s.killed(ctx, p)
}

func (s *soak) leaderDeleted(ctx context.Context, _ event) (string, error) {
	p, err := s.present(ctx)
	if err != nil {
		return "", err
	}
	if err := s.kube.Delete(ctx, p.pod); err != nil {
		return "", err
	}
	return p.pod.Name, s.kube.awaitOtherLeader(ctx, p.pod)
}

func (s *soak) standbyKilled(ctx context.Context, _ event) (string, error) {
	leader, err := s.present(ctx)
	if err != nil {
		return "", err
	}
	pods, err := s.kube.pods(ctx)
	if err != nil {
		return "", err
	}
	for _, pod := range pods {
		if pod.UID == leader.pod.UID {
			continue
		}
		if err := s.kill(&pod); err != nil {
			return "", err
		}
		return pod.Name, s.kube.awaitRestart(ctx, &pod)
	}
	return "", errors.New("there is no standby")
}

// link is the network of the leader's pod, and its name.
func (s *soak) link(ctx context.Context) (pod string, link cluster.Link, err error) {
	p, err := s.present(ctx)
	if err != nil {
		return "", cluster.Link{}, err
	}
	link, err = s.own.Link(ctx, p.id)
	return p.pod.Name, link, err
}

// leaderCutOff: the leader's pod reaches nothing, and nothing reaches it.
func (s *soak) leaderCutOff(ctx context.Context, e event) (string, error) {
	pod, link, err := s.link(ctx)
	if err != nil {
		return "", err
	}
	if err := link.Cut(ctx, true); err != nil {
		return "", err
	}
	return pod, errors.Join(wait.Pause(ctx, e.lasts), link.Cut(ctx, false))
}

func (s *soak) networkSpoilt(ctx context.Context, e event) (string, error) {
	pod, link, err := s.link(ctx)
	if err != nil {
		return "", err
	}
	how, err := link.Spoil(ctx)
	if err != nil {
		return "", err
	}
	return pod + ", " + how, errors.Join(wait.Pause(ctx, e.lasts), link.Mend(ctx))
}

func (s *soak) leaseDeleted(ctx context.Context, _ event) (string, error) {
	return leaseName, s.kube.Delete(ctx, &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: operators, Name: leaseName}})
}

// etcdFull: the API server can write nothing, the leader's lease neither.
func (s *soak) etcdFull(ctx context.Context, e event) (string, error) {
	if err := s.own.FillEtcd(ctx); err != nil {
		return "", err
	}
	return "alarm NOSPACE, until it is disarmed", errors.Join(wait.Pause(ctx, e.lasts), s.own.EmptyEtcd(ctx))
}

func (s *soak) apiServerKilled(ctx context.Context, e event) (string, error) {
	return "", s.own.RestartAPIServer(ctx, e.lasts)
}

func (s *soak) kubeletKilled(ctx context.Context, e event) (string, error) {
	return "", s.own.RestartKubelet(ctx, e.lasts)
}

// chatWith breaks one chat service for as long as the event lasts.
func (s *soak) chatWith(ctx context.Context, e event, breakIt, mend func(*messengertest.Faults)) (string, error) {
	c := s.pick(e)
	breakIt(c.simulator.Faults())
	defer mend(c.simulator.Faults())
	return c.name, wait.Pause(ctx, e.lasts)
}

// pick is the service that the event is about.
func (s *soak) pick(e event) *chat { return s.world.chats[e.chance%uint64(len(s.world.chats))] }

// chatDown: every connection breaks before anything happens.
func (s *soak) chatDown(ctx context.Context, e event) (string, error) {
	return s.chatWith(ctx, e,
		func(f *messengertest.Faults) { f.DropBeforeAccept(messengertest.Always) },
		func(f *messengertest.Faults) { f.DropBeforeAccept(0) })
}

func (s *soak) chatFailing(ctx context.Context, e event) (string, error) {
	return s.chatWith(ctx, e,
		func(f *messengertest.Faults) { f.Fail(http.StatusInternalServerError) },
		func(f *messengertest.Faults) { f.Fail(0) })
}

func (s *soak) chatThrottled(ctx context.Context, e event) (string, error) {
	return s.chatWith(ctx, e,
		func(f *messengertest.Faults) { f.Throttle(messengertest.Throttling{RetryAfter: 3 * time.Second}) },
		(*messengertest.Faults).Unthrottle)
}

func (s *soak) chatSlow(ctx context.Context, e event) (string, error) {
	return s.chatWith(ctx, e,
		func(f *messengertest.Faults) { f.Latency(2 * time.Second) },
		func(f *messengertest.Faults) { f.Latency(0) })
}

// chatAnswersLost: what was asked for is done, but the answers to some calls are lost.
func (s *soak) chatAnswersLost(ctx context.Context, e event) (string, error) {
	return s.chatWith(ctx, e,
		func(f *messengertest.Faults) { f.DropAfterAccept(3) },
		func(f *messengertest.Faults) { f.DropAfterAccept(0) })
}

func (s *soak) teleportRestarted(ctx context.Context, e event) (string, error) {
	if err := s.world.teleport.RefuseConnections(true); err != nil {
		return "", err
	}
	return "", errors.Join(wait.Pause(ctx, e.lasts), s.world.teleport.RefuseConnections(false))
}

// teleportHangs: Teleport accepts calls, and answers none.
func (s *soak) teleportHangs(ctx context.Context, e event) (string, error) {
	s.world.teleport.Hang(true)
	defer s.world.teleport.Hang(false)
	return "", wait.Pause(ctx, e.lasts)
}

func (s *soak) teleportSlow(ctx context.Context, e event) (string, error) {
	s.world.teleport.Slow(150 * time.Millisecond)
	defer s.world.teleport.Slow(0)
	return "", wait.Pause(ctx, e.lasts)
}

// clocksStepped steps the clocks of Teleport and of the chat services, and steps them back. That
// of a pod is the machine's: Linux has no other for it.
func (s *soak) clocksStepped(ctx context.Context, e event) (string, error) {
	teleport, chats := 45*time.Second, -90*time.Second
	if e.chance%2 == 0 {
		teleport, chats = -teleport, -chats
	}
	s.world.clocks.teleport.step(teleport)
	s.world.clocks.chats.step(chats)
	defer s.world.clocks.teleport.step(0)
	defer s.world.clocks.chats.step(0)
	return fmt.Sprintf("Teleport by %s, chat services by %s", teleport, chats), wait.Pause(ctx, e.lasts)
}

// tokenRotated: the service refuses the old token a little before the operator has the new one.
func (s *soak) tokenRotated(ctx context.Context, e event) (string, error) {
	c := s.pick(e)
	fresh := fmt.Sprintf("xoxb-%016x", e.chance)
	c.simulator.SetToken(s.token(c), fresh)
	s.tokens[c.name] = fresh
	if err := wait.Pause(ctx, e.lasts); err != nil {
		return "", err
	}
	object := func(data map[string]string) client.Object {
		return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: c.name, Namespace: tenants}, StringData: data}
	}
	return c.name, wait.For(ctx, within, pollEvery, func() error {
		return s.kube.Patch(ctx, object(c.Secrets(fresh)), client.MergeFrom(object(nil)))
	})
}

func (s *soak) identityRotatedNow(ctx context.Context, _ event) (string, error) {
	end, err := s.tbot.rotate(ctx, s.trial)
	if err != nil {
		return "", err
	}
	// The next one may come first.
	return fmt.Sprintf("until %s", end.Format(time.TimeOnly)), wait.For(ctx, identityTTL, pollEvery, func() error {
		return s.usesIdentity(ctx, s.tbot.end())
	})
}
