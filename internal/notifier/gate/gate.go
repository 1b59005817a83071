// Package gate says whether work may be started. Its table:
//
//	gate    Hold    Release  Close
//	Open    Held    Open     Closed
//	Held    Held    Open     Closed
//	Closed  Closed  Closed   Closed
package gate

// Gate is whether work may be started. The zero value is Open; it is not safe for
// concurrent use.
type Gate int

// The states of a Gate.
const (
	// Open lets work be started.
	Open Gate = iota
	// Held keeps it until Release.
	Held
	// Closed keeps it for good.
	Closed
)

// Hold keeps work from being started until Release.
func (g *Gate) Hold() { *g = max(*g, Held) }

// Release ends Hold.
func (g *Gate) Release() {
	if *g == Held {
		*g = Open
	}
}

// Close keeps work from being started for good.
func (g *Gate) Close() { *g = Closed }
