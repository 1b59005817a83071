package listen

import "time"

const (
	// maxBody is how many bytes the body of a call may have. Discord sends the whole message
	// with each click, which has at most 6,000 characters in its embeds.
	maxBody = 64 << 10
	// maxHeader bounds the header of a call. The standard library adds 4 KiB.
	maxHeader = 8 << 10
	// maxConnections and maxCalls are how many connections are open, and how many calls are with
	// a messenger, at a time. A body is read before that, so that who sends it slowly takes
	// nothing but a connection.
	maxConnections = 512
	maxCalls       = 64

	// headerTimeout and readTimeout bound how long a call takes to come in, from the first byte
	// of its header, and writeTimeout until it is answered. The services themselves wait for
	// three seconds.
	headerTimeout = 3 * time.Second
	readTimeout   = 5 * time.Second
	writeTimeout  = 15 * time.Second
	// idleTimeout is how long a connection is kept for the next call.
	idleTimeout = time.Minute
	// callTimeout is how long a messenger has for its answer.
	callTimeout = 5 * time.Second
	// shutdownTimeout is how long calls have that are under way at the end.
	shutdownTimeout = 5 * time.Second

	// perNotifier and burstPerNotifier are how many calls in a second, and at once, a notifier
	// is handed, and inAll and burstInAll how many all of them are.
	perNotifier, burstPerNotifier = 20, 60
	inAll, burstInAll             = 200, 400
	// forgetAfter is when a notifier that is not called is forgotten. Its limit is full again
	// long before that.
	forgetAfter = time.Minute

	// maxName is the longest name of a Kubernetes object (RFC 1123, section 2.1).
	maxName = 253
	// rereadAfter is how often at most the certificate is read from its files.
	rereadAfter = time.Second
)
