package mailbox_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/mailbox"
)

// errModel is the close reason of the model tests.
var errModel = errors.New("model closed")

// ended is a context that has ended.
var ended = func() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}()

// model is a queue as the documentation describes it, on a plain slice and without any concurrency.
type model struct {
	policy      mailbox.Policy
	mark        int
	bytes       int64
	sized       bool
	items       []int // all that is held, oldest first
	cur         int   // how many of items are in hand
	pinned      int   // how many of items Look has shown (DropOldest, Conflate)
	shut        bool
	closed      error
	armed       bool
	ready, room int // calls of OnReady and OnRoom
	accepted    uint64
	delivered   uint64
	dropped     map[mailbox.Reason]uint64
}

// sizeOf is the Size of the model's items: 0 to 6 bytes.
func sizeOf(v int) int { return v % 7 }

// held returns the bytes held.
func (m *model) held() (n int64) {
	for _, v := range m.items {
		n += int64(sizeOf(v))
	}
	return n
}

// full reports whether there is no room by items or bytes.
func (m *model) full() bool {
	return m.mark > 0 && len(m.items) >= m.mark || m.sized && m.bytes > 0 && m.held() >= m.bytes
}

// drained reports whether the low-water marks are reached.
func (m *model) drained() bool {
	return (m.mark == 0 || len(m.items) <= m.mark-(m.mark+1)/2) &&
		(!m.sized || m.bytes == 0 || m.held() <= m.bytes-(m.bytes+1)/2)
}

// drop counts n items dropped for r.
func (m *model) drop(r mailbox.Reason, n int) {
	if n > 0 {
		m.dropped[r] += uint64(n)
	}
}

// push is TryPush.
func (m *model) push(v int) error {
	if m.closed != nil {
		return m.closed
	}
	switch m.policy {
	case mailbox.DropOldest:
		for m.full() && len(m.items) > m.pinned {
			m.items = append(m.items[:m.pinned:m.pinned], m.items[m.pinned+1:]...)
			m.drop(mailbox.ReasonReplaced, 1)
		}
		if m.full() {
			m.accepted++
			m.drop(mailbox.ReasonFull, 1)
			m.ring()
			return nil
		}
	case mailbox.Conflate:
		if len(m.items) > m.pinned {
			m.items = m.items[:m.pinned:m.pinned]
			m.drop(mailbox.ReasonReplaced, 1)
		}
	case mailbox.DropNewest:
		if m.shut {
			m.accepted++
			m.drop(mailbox.ReasonFull, 1)
			return nil
		}
	default:
		if m.shut {
			return mailbox.ErrFull
		}
	}
	m.items = append(slices.Clip(m.items), v)
	m.accepted++
	m.shut = m.lockFree() && m.full()
	m.ring()
	return nil
}

// lockFree reports whether the policy is one that can be shut.
func (m *model) lockFree() bool {
	return m.policy != mailbox.DropOldest && m.policy != mailbox.Conflate
}

// ring calls OnReady if armed.
func (m *model) ring() {
	if m.armed {
		m.armed = false
		m.ready++
	}
}

// leave takes n items away and opens the queue if that drains it.
func (m *model) leave(n int) {
	m.items = m.items[n:]
	m.cur -= n
	m.pinned = max(m.pinned-n, 0)
	if m.shut && m.closed == nil && m.drained() {
		m.shut = false
		m.room++
	}
}

// rewind is Rewind.
func (m *model) rewind() int {
	n := m.cur
	m.cur = 0
	if m.policy == mailbox.Conflate {
		keep := max(len(m.items)-1, 0)
		m.drop(mailbox.ReasonReplaced, keep)
		m.items = m.items[keep:]
		m.pinned = 0
	}
	return n
}

// relimit is what follows SetMark and SetBytes.
func (m *model) relimit(changed bool) {
	if !changed || !m.lockFree() {
		return
	}
	was := m.shut
	m.shut = m.full()
	if was && !m.shut && m.closed == nil {
		m.room++
	}
}

// pair is a queue and its model, and the hooks' counts.
type pair struct {
	*require.Assertions
	m           *model
	q           *mailbox.Queue[int]
	r           *rand.Rand
	next        int // the item pushed next
	ready, room int // calls of the hooks
}

// newPair returns a pair for one case, with limits drawn from r.
func newPair(t *testing.T, policy mailbox.Policy, sized bool, r *rand.Rand) *pair {
	p := &pair{Assertions: require.New(t), r: r, next: 1}
	p.m = &model{policy: policy, mark: p.someMark(), sized: sized, armed: true, dropped: map[mailbox.Reason]uint64{}}
	cfg := mailbox.Config[int]{
		Mark: p.m.mark, Policy: policy,
		OnReady: func() { p.ready++ }, OnRoom: func() { p.room++ },
	}
	if sized {
		p.m.bytes = int64(r.IntN(3) * r.IntN(40))
		cfg.Size, cfg.Bytes = sizeOf, p.m.bytes
	}
	p.q = mailbox.New(cfg)
	return p
}

// someMark draws a mark, often one that matters.
func (p *pair) someMark() int {
	marks := []int{0, 1, 2, 3, 5, 7, 8, 9, 40, 200}
	return marks[p.r.IntN(len(marks))]
}

// step does one random operation on both and compares.
func (p *pair) step() {
	switch op := p.r.IntN(100); {
	case op < 30:
		p.push()
	case op < 38:
		p.pushAll(p.r.IntN(30))
	case op < 40:
		p.pushAll(p.r.IntN(300))
	case op < 75:
		p.consume()
	case op < 80:
		p.idle()
	case op < 83:
		p.setLimits()
	case op < 86:
		p.Equal(p.m.rewind(), p.q.Rewind())
	case op < 87:
		p.q.CountDropped(2, "mine")
		p.m.accepted += 2
		p.m.drop("mine", 2)
	case op < 88:
		p.discard()
	case op < 91:
		p.force()
	default:
		p.take()
	}
	p.compare()
}

// push pushes one item, by TryPush or by a Push that cannot wait.
func (p *pair) push() {
	v := p.next
	p.next++
	want := p.m.push(v)
	if p.r.IntN(2) == 0 {
		p.Equal(want, p.q.TryPush(v))
		return
	}
	if errors.Is(want, mailbox.ErrFull) && p.m.policy == mailbox.Block {
		want = context.Canceled
	}
	p.Equal(want, p.q.Push(ended, v))
}

// force pushes one item past the mark.
func (p *pair) force() {
	v := p.next
	p.next++
	shut := p.m.shut
	if p.m.lockFree() {
		p.m.shut = false
	}
	p.Equal(p.m.push(v), p.q.Force(v))
	p.m.shut = p.m.shut || shut
}

// pushAll pushes a batch of n.
func (p *pair) pushAll(n int) {
	var want error
	vs := make([]int, n)
	accepted := 0
	for i := range vs {
		vs[i] = p.next
		p.next++
	}
	for _, v := range vs {
		if want = p.m.push(v); want != nil {
			break
		}
		accepted++
	}
	got, err := p.q.TryPushAll(vs)
	p.Equal(want, err)
	p.Equal(accepted, got)
}

// consume looks, and then advances, delivers and drops as chance has it.
func (p *pair) consume() {
	limit := p.r.IntN(20)
	vs := p.q.Look(limit)
	p.LessOrEqual(len(vs), limit)
	p.True(slices.Equal(p.m.items[p.m.cur:p.m.cur+len(vs)], vs), "Look must show what is next")
	p.Equal(len(vs) == 0, limit == 0 || len(p.m.items) == p.m.cur, "Look must show something if there is something")
	p.m.pinned = max(p.m.pinned, p.m.cur+len(vs))
	n := p.r.IntN(len(vs) + 1)
	p.q.Advance(n)
	p.m.cur += n
	n = p.r.IntN(p.m.cur + 1)
	p.q.Done(n)
	p.m.delivered += uint64(n)
	p.m.leave(n)
	if p.r.IntN(4) == 0 {
		n = p.r.IntN(p.m.cur + 1)
		p.q.Drop(n, "lost")
		p.m.drop("lost", n)
		p.m.leave(n)
	}
}

// take takes one item with Take or Pop.
func (p *pair) take() {
	want, ok := 0, len(p.m.items) > p.m.cur
	if ok {
		want = p.m.items[p.m.cur]
		p.m.cur++
		p.m.pinned = max(p.m.pinned, p.m.cur)
		p.m.delivered++
		p.m.leave(1)
	}
	if p.r.IntN(2) == 0 {
		v, got := p.q.Take()
		p.Equal(ok, got)
		p.Equal(want, v)
		return
	}
	v, err := p.q.Pop(ended)
	p.Equal(want, v)
	switch {
	case ok:
		p.NoError(err)
	case p.m.closed != nil:
		p.Equal(p.m.closed, err)
	default:
		p.Equal(context.Canceled, err)
	}
}

// idle goes idle.
func (p *pair) idle() {
	idle := len(p.m.items) == p.m.cur
	p.m.armed = p.m.armed || idle
	p.Equal(idle, p.q.Idle())
}

// setLimits changes the mark or the byte limit.
func (p *pair) setLimits() {
	if p.r.IntN(2) == 0 {
		n := p.someMark()
		changed := n != p.m.mark
		p.m.mark = n
		p.m.relimit(changed)
		p.q.SetMark(n)
		p.Equal(n, p.q.Mark())
		return
	}
	n := int64(p.r.IntN(3) * p.r.IntN(40))
	changed := n != p.m.bytes
	p.m.bytes = n
	p.m.relimit(changed)
	p.q.SetBytes(n)
}

// discard drops everything.
func (p *pair) discard() {
	n := len(p.m.items)
	p.m.cur, p.m.pinned = n, n
	p.m.drop("gone", n)
	p.m.leave(n)
	p.Equal(n, p.q.Discard("gone"))
}

// compare checks all that can be asked of the queue.
func (p *pair) compare() {
	p.Equal(len(p.m.items), p.q.Len())
	p.Equal(p.m.closed, p.q.Closed())
	p.Equal(p.m.closed == nil && !p.m.shut, p.q.HasRoom())
	p.Equal(p.m.ready, p.ready, "calls of OnReady")
	p.Equal(p.m.room, p.room, "calls of OnRoom")
	l := p.q.Ledger()
	p.Equal(mailbox.Ledger{
		Accepted: p.m.accepted, Delivered: p.m.delivered,
		Queued: uint64(len(p.m.items)), Dropped: p.m.dropped,
	}, l)
	p.Equal(l.Accepted, balance(l))
}

// TestModel runs random operations on queues of every policy, with and without sizes, beside the model.
func TestModel(t *testing.T) {
	for _, policy := range allPolicies {
		for _, sized := range []bool{false, true} {
			t.Run(fmt.Sprintf("%v/sized=%v", policy, sized), func(t *testing.T) {
				for seed := range uint64(25) {
					modelRun(t, policy, sized, seed)
				}
			})
		}
	}
}

// modelRun is one run of TestModel: operations on an open queue, then on the closed one until it is empty.
func modelRun(t *testing.T, policy mailbox.Policy, sized bool, seed uint64) {
	defer func() {
		if t.Failed() {
			t.Logf("seed %d", seed)
		}
	}()
	p := newPair(t, policy, sized, rand.New(rand.NewPCG(seed, 1)))
	for range 300 {
		p.step()
	}
	p.m.closed = errModel
	p.q.Close(errModel)
	p.q.Close(errors.New("a later reason"))
	p.compare()
	for range 40 {
		p.step()
	}
	p.discard()
	p.compare()
}
