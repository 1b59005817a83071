package messengertest

import "net/http"

// door answers where bots sign in, which is another host's in life.
func (t *Teams) door(r *http.Request, body []byte) (response, bool) {
	c := t.route(r, body)
	if c.method != teamsToken {
		return response{}, false
	}
	if f, ok := t.faults.failureOf(teamsToken); ok {
		return t.failed(c, f).retryAfter(f.RetryAfter), true
	}
	t.server.lock.Lock()
	defer t.server.lock.Unlock()
	t.signIns++
	return t.signIn(c), true
}

// SignIns returns how often bots have signed in, or tried to.
func (t *Teams) SignIns() int {
	t.server.lock.Lock()
	defer t.server.lock.Unlock()
	return t.signIns
}
