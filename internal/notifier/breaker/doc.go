// Package breaker knows whether the messenger of a notifier is usable, and why not.
//
// Deliveries report how calls end; a probe, a call that only checks the token, finds
// out what no delivery tells. Everything that is shown has a probe, a time and a way
// back:
//
//	state      shown when                           left when
//	Unknown    until the first probe is answered    the first probe has ended
//	Available  nothing below is the case            -
//	Throttled  one kind of call was refused for     such a call works, or the pause is
//	           longer than ThrottledAfter, or for   over and no refusal has followed
//	           longer than a minute at one address
//	Troubled   three calls in a row, or a probe,    a call is answered; or a probe is,
//	           failed for a reason that passes      and no delivery waits or has failed
//	                                                for a while
//	Refused    a probe was refused                  a probe is not
//
// Probes are made about every minute, every few seconds while the messenger is in
// trouble and deliveries wait, and slowly with a refused token, because services ban
// addresses that go on with one.
//
// Three parts lead to that state, each by itself. The standing of the token:
//
//	standing   call refused   probe passed   probe refused   probe unclear
//	unchecked  unchecked      believed       refused         believed
//	believed   doubted        believed       refused         believed
//	doubted    doubted        believed*      refused         doubted
//	refused    refused        believed+      refused         refused
//
// The health of the service:
//
//	health       call failed            call answered   probe passed               probe unclear
//	working      failing at the third   working         working                    unreachable
//	failing      failing                working+        failing!, else working     unreachable
//	unreachable  unreachable            working+        failing+, else working+    unreachable
//
// And the pauses and failures of each kind of call. The marks:
//
//	mark  meaning
//	*     the next refusal of a call does not lead to a probe at once
//	+     Recovered is called
//	!     Try is called
//
// After a probe, the service stays failing only while deliveries wait of which three in a
// row failed, the last of them lately. A refused probe leaves it to the token: the service
// works.
package breaker
