package interop

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/weirmq/weir/socket"
)

// Topics of the subscription cases. None is a prefix of another.
const (
	topicA = "A"
	topicB = "\x00\x01B\xff" // any bytes will do
	marker = "."             // of the messages that end a round: subscribed to from beginning to end
)

// topicLong is one that needs the long form of a command's frame.
var topicLong = "L" + strings.Repeat("o", 300) + "ng"

// A round is one message of each topic from the publisher to the subscriber, and a marker behind them. It belongs to the test's goroutine.
type round struct {
	*scene
	number int
}

// newRound joins the scene and waits until markers arrive.
func newRound(t *testing.T, p pairing, topics ...string) *round {
	t.Helper()
	r := &round{scene: newScene(begin(t, libzmq), t, p, setup{noTopics: true})}
	for _, topic := range append([]string{marker}, topics...) {
		r.subscribe(topic)
	}
	r.join()
	r.marked()
	return r
}

// A subscriber is one of Weir's: a Sub or an XSub.
type subscriber interface {
	socket.Receiver
	Subscribe(prefix string) error
	Unsubscribe(prefix string) error
}

// subscriber is Weir's socket, where it is the one that subscribes; else nil.
func (r *round) subscriber() subscriber {
	if r.pair.partner != "PUB" {
		return nil
	}
	return r.weir.(subscriber)
}

// marked waits until markers arrive: then the publisher knows of that subscription at least.
func (r *round) marked() {
	r.Helper()
	if sub := r.subscriber(); sub != nil {
		r.number++
		pulse(r.ctx, r.peer, fmt.Sprint(marker, "pulse ", r.number), sub)
		return
	}
	for { // the peer looks for a marker a moment at a time, and another is sent in between
		r.number++
		r.send(socket.NewMessage(fmt.Sprint(marker, r.number)))
		r.peer.order("recv", 5)
		if strings.HasPrefix(r.peer.next(r.ctx), "ok") {
			return
		}
	}
}

// subscribe subscribes the subscriber, whichever side it is.
func (r *round) subscribe(topic string) {
	r.Helper()
	if sub := r.subscriber(); sub != nil {
		require.NoError(r, sub.Subscribe(topic))
		return
	}
	r.peer.do(r.ctx, "subscribe", plain(topic))
}

// unsubscribe takes a subscription back.
func (r *round) unsubscribe(topic string) {
	r.Helper()
	if sub := r.subscriber(); sub != nil {
		require.NoError(r, sub.Unsubscribe(topic))
		return
	}
	r.peer.do(r.ctx, "unsubscribe", plain(topic))
}

// play publishes a message of each topic and returns the topics of those that arrive.
func (r *round) play(topics ...string) []string {
	r.Helper()
	r.number++
	end := fmt.Sprint(marker, r.number)
	for _, topic := range topics {
		r.publish(topic, "body")
	}
	r.publish(end)
	var got []string
	for {
		frames := strings.Fields(r.receive())
		if frames[0] == plain(end) {
			return got
		}
		for _, topic := range topics {
			if frames[0] == word([]byte(topic)) {
				require.Equal(r, plain("body"), frames[1])
				got = append(got, topic)
			}
		}
	}
}

// publish sends from the publisher, whichever side it is.
func (r *round) publish(frames ...string) {
	r.Helper()
	if r.subscriber() == nil {
		r.send(socket.NewMessage(frames...))
		return
	}
	r.peer.do(r.ctx, "send", waitMS, texts(frames...))
}

// receive receives at the subscriber, whichever side it is, in the peers' words.
func (r *round) receive() string {
	r.Helper()
	if r.subscriber() != nil {
		return words(r.recv())
	}
	return r.peer.do(r.ctx, "recv", waitMS)
}

// until plays rounds until the topics in want arrive, and no other. What changes a subscription travels while rounds do: each round is a chance for
// it to have arrived, and the case's deadline ends the wait.
func (r *round) until(want []string, topics ...string) {
	r.Helper()
	for strings.Join(r.play(topics...), " ") != strings.Join(want, " ") {
		require.NoError(r, r.ctx.Err())
	}
	require.Equal(r, want, r.play(topics...), "and so it stays")
}

// crossed is how many messages have crossed the wire, by the accounts of Weir's side: those filtered on arrival included.
func (r *round) crossed() int {
	stats := r.weir.Stats()
	if r.subscriber() == nil {
		return int(stats.Out.Accepted)
	}
	return int(stats.In.Accepted)
}

// TestSubscriptions subscribes before the connection, over it, and takes back over it; each takes effect and nothing else does. What is taken back
// does not even cross the wire any more.
func TestSubscriptions(t *testing.T) {
	overWide(t, only("PUB", "XPUB", "SUB", "XSUB"), func(t *testing.T, p pairing) {
		r := newRound(t, p, topicA)
		r.until([]string{topicA}, topicA, topicB, topicLong)
		r.subscribe(topicB)
		r.until([]string{topicA, topicB}, topicA, topicB, topicLong)
		r.subscribe(topicLong)
		r.until([]string{topicA, topicB, topicLong}, topicA, topicB, topicLong)
		r.unsubscribe(topicA)
		r.until([]string{topicB, topicLong}, topicA, topicB, topicLong)
		for before := r.crossed(); ; before = r.crossed() {
			require.Equal(t, []string{topicB, topicLong}, r.play(topicA, topicB, topicLong))
			if r.crossed()-before == 3 { // two topics and the marker
				break
			}
			require.NoError(t, r.ctx.Err())
		}
	})
}

// TestSubscribedTwice subscribes twice to one topic: one is taken back and messages still come, until the other is taken back too.
func TestSubscribedTwice(t *testing.T) {
	overWide(t, only("PUB", "XPUB", "SUB", "XSUB"), func(t *testing.T, p pairing) {
		r := newRound(t, p, topicA, topicA)
		r.until([]string{topicA}, topicA, topicB)
		r.unsubscribe(topicA)
		r.subscribe(topicB)
		r.until([]string{topicA, topicB}, topicA, topicB)
		r.unsubscribe(topicA)
		r.until([]string{topicB}, topicA, topicB)
	})
}

// TestSubscriptionsAfterReconnect replaces the publisher: the subscriber tells the next one what it wants by then, made before the connection or
// over it, and nothing that it took back.
func TestSubscriptionsAfterReconnect(t *testing.T) {
	overWide(t, only("PUB", "XPUB", "SUB", "XSUB"), func(t *testing.T, p pairing) {
		r := newRound(t, p, topicA, topicB)
		r.subscribe(topicLong)
		r.unsubscribe(topicB)
		r.until([]string{topicA, topicLong}, topicA, topicB, topicLong)
		if r.subscriber() == nil {
			r.reopenWeir(1)
		} else {
			r.killPeer(1)
			r.openPeer()
			r.placePeer()
			r.meet()
		}
		r.marked()
		r.until([]string{topicA, topicLong}, topicA, topicB, topicLong)
		r.subscribe(topicB)
		r.until([]string{topicA, topicB, topicLong}, topicA, topicB, topicLong)
	})
}

// TestSubscribedWhileAway subscribes while there is no publisher: the next one is told.
func TestSubscribedWhileAway(t *testing.T) {
	overWide(t, only("PUB", "XPUB", "SUB", "XSUB"), func(t *testing.T, p pairing) {
		r := newRound(t, p, topicA)
		if r.subscriber() == nil {
			r.closeWeir()
			r.peer.do(r.ctx, "wait", "DISCONNECTED", 1, waitMS)
		} else {
			r.killPeer(1)
		}
		r.subscribe(topicB)
		r.unsubscribe(topicA)
		if r.subscriber() == nil {
			r.openWeir()
			r.placeWeir()
		} else {
			r.openPeer()
			r.placePeer()
		}
		r.meet()
		r.marked()
		r.until([]string{topicB}, topicA, topicB)
	})
}
