package signal

import "testing"

func TestSignalsAreOneUntilReceived(t *testing.T) {
	s := New()
	select {
	case <-s:
		t.Fatal("a new signal is given")
	default:
	}
	s.Give()
	s.Give()
	<-s
	select {
	case <-s:
		t.Error("two signals were received")
	default:
	}
	s.Give()
	<-s
}
