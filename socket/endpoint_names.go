package socket

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/weirmq/weir/actor"
	"github.com/weirmq/weir/transport"
)

// findEndpoints asks for the endpoints of a name that are not closed: bound ones or connected ones.
type findEndpoints struct {
	text  string
	bound bool
	reply actor.Reply[[]*Endpoint]
}

func (*findEndpoints) socketMessage() {}

// LastEndpoint returns what was bound or connected last, or "" before anything was: a bound endpoint resolved, as Endpoint.String has it, a connected
// one as it was given. (ZMQ_LAST_ENDPOINT)
func (b base) LastEndpoint() string {
	if last := b.s.last.Load(); last != nil {
		return *last
	}
	return ""
}

// Unbind closes the bound endpoints of that name, as Endpoint.Close does, and waits for their end until ctx ends. A name is what was given to Bind,
// or what LastEndpoint said, in any spelling of the same address; a wildcard names nothing. ErrNoEndpoint where none is bound under it. (zmq_unbind)
func (b base) Unbind(ctx context.Context, endpoint string) error {
	if err := b.s.closeNamed(ctx, endpoint, true); err != nil {
		return fmt.Errorf("unbind %s: %w", endpoint, err)
	}
	return nil
}

// Disconnect closes the connected endpoints of that name, all of them where there are several, as Endpoint.Close does, and waits for their end until
// ctx ends. ErrNoEndpoint where none is connected to it. (zmq_disconnect)
func (b base) Disconnect(ctx context.Context, endpoint string) error {
	if err := b.s.closeNamed(ctx, endpoint, false); err != nil {
		return fmt.Errorf("disconnect %s: %w", endpoint, err)
	}
	return nil
}

// closeNamed closes the endpoints of a name.
func (s *socket) closeNamed(ctx context.Context, text string, bound bool) error {
	found, err := actor.Ask(ctx, s.ref, func(r actor.Reply[[]*Endpoint]) socketMessage {
		return &findEndpoints{text: text, bound: bound, reply: r}
	})
	switch {
	case errors.Is(err, actor.ErrStopped):
		return ErrClosed
	case err != nil:
		return err
	case len(found) == 0:
		if _, err := transport.Parse(text); err != nil {
			return err
		}
		return ErrNoEndpoint
	}
	var all []error
	for _, e := range found {
		all = append(all, e.Close(ctx))
	}
	return errors.Join(all...)
}

// onFindEndpoints answers with those that have the name.
func (s *socketActor) onFindEndpoints(m *findEndpoints) {
	var found []*Endpoint
	for _, e := range s.control.endpoints {
		withdrawn := e.bound && e.inproc != nil && e.inproc.boundTo(s.rt.inproc) != e // it lasts as long as those who are joined
		same := e.bound == m.bound || e.group != nil                                  // to bind a group and to connect it are one
		if same && !e.closed && !withdrawn && e.called(m.text) {
			found = append(found, e)
		}
	}
	m.reply.Send(slices.Clip(found))
}

// called says whether text names the endpoint.
func (e *Endpoint) called(text string) bool {
	if text == e.text {
		return true
	}
	addr, err := transport.Parse(text)
	if err != nil {
		return false
	}
	want, one := transport.Canonical(addr)
	for _, own := range []string{e.text, e.addr.String()} {
		addr, err := transport.Parse(own)
		if err != nil {
			continue // a listener that was handed over may have any name
		}
		if got, ok := transport.Canonical(addr); ok && one && got == want {
			return true
		}
	}
	return false
}
