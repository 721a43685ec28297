package socket

import (
	"context"
	"reflect"

	"github.com/weirmq/weir/transport"
)

// A round of waiting, in order:
//
//	1  watch  whatever can make one of the sockets ready says so from now on
//	2  scan   look at everything once: what is ready already ends the round
//	3  park   on ctx, on what the watched sockets say, on the descriptors, and on all channels, in one select
//
// Nothing is taken but the one value for which the select returned, and those that scan found, all of which are returned.

// round waits once. It returns nothing where something has happened that makes nothing ready.
func (p *Poller) round(ctx context.Context, items []*pollItem) ([]PollEvent, error) {
	defer p.watch(items)()
	if events, err := p.scan(items, nil); err != nil || len(events) > 0 {
		return events, err
	}
	descriptors, stop, err := parkDescriptors(items)
	if err != nil {
		return nil, err
	}
	defer stop()
	cases := []reflect.SelectCase{
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(ctx.Done())},
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(p.changed)},
		{Dir: reflect.SelectRecv, Chan: reflect.ValueOf(descriptors)},
	}
	first := len(cases)
	var channels []*pollItem
	for _, it := range items {
		if it.typed != nil {
			channels = append(channels, it)
			cases = append(cases, reflect.SelectCase{Dir: reflect.SelectRecv, Chan: it.value})
		}
	}
	switch i, v, ok := reflect.Select(cases); {
	case i == 0:
		return nil, ctx.Err()
	case i < first:
		return nil, nil
	default:
		it := channels[i-first]
		return p.scan(items, &PollEvent{Chan: it.typed, Events: p.received(it, ok), Value: valueOf(v, ok)})
	}
}

// watch makes all sockets among items nudge the poller when they may have become ready, until the function that it returns is called.
func (p *Poller) watch(items []*pollItem) (unwatch func()) {
	for _, it := range items {
		if it.socket != nil {
			s := it.socket.common()
			s.inbox.waiting.watch(p.changed)
			s.room.watch(p.changed)
		}
	}
	return func() {
		for _, it := range items {
			if it.socket != nil {
				s := it.socket.common()
				s.inbox.waiting.unwatch(p.changed)
				s.room.unwatch(p.changed)
			}
		}
	}
}

// scan looks at everything once. had is an event that there is already.
func (p *Poller) scan(items []*pollItem, had *PollEvent) ([]PollEvent, error) {
	polled, err := pollDescriptors(items)
	if err != nil && had == nil {
		return nil, err
	}
	var events []PollEvent
	for i, it := range items {
		switch {
		case had != nil && it.is(had.Chan):
			events = append(events, *had)
		case it.socket != nil:
			if e := it.socket.common().poll(it.events); e != 0 {
				events = append(events, PollEvent{Socket: it.socket, Events: e})
			}
		case it.conn != nil:
			if e := polled[i]; e != 0 {
				events = append(events, PollEvent{Conn: it.conn, Events: e})
			}
		default:
			if v, ok := it.value.TryRecv(); v.IsValid() {
				events = append(events, PollEvent{Chan: it.typed, Events: p.received(it, ok), Value: valueOf(v, ok)})
			}
		}
	}
	return events, nil
}

// received is the event of what a channel gave; a closed one is taken off.
func (p *Poller) received(it *pollItem, ok bool) PollEvents {
	if ok {
		return PollIn
	}
	_ = p.Remove(it.typed) // somebody else may have
	return PollErr
}

// valueOf is what a channel gave.
func valueOf(v reflect.Value, ok bool) any {
	if !ok {
		return nil
	}
	return v.Interface()
}

// poll says what the socket is ready for, of what is asked.
func (s *socket) poll(asked PollEvents) PollEvents {
	if isClosed(s.over) {
		return PollErr
	}
	var e PollEvents
	if asked&PollIn != 0 && s.readable() {
		e |= PollIn
	}
	if asked&PollOut != 0 && s.sendable() {
		e |= PollOut
	}
	return e
}

// descriptorsOf are the descriptors among items, each with the index of its item.
func descriptorsOf(items []*pollItem) (list []transport.Descriptor, index []int) {
	for i, it := range items {
		if it.conn != nil {
			list = append(list, transport.Descriptor{Raw: it.raw, In: it.events&PollIn != 0, Out: it.events&PollOut != 0})
			index = append(index, i)
		}
	}
	return list, index
}

// pollDescriptors asks the descriptors among items what they are ready for: events by the index of the item.
func pollDescriptors(items []*pollItem) (map[int]PollEvents, error) {
	list, index := descriptorsOf(items)
	if len(list) == 0 {
		return nil, nil
	}
	if err := transport.Poll(list, nil); err != nil {
		return nil, err
	}
	events := map[int]PollEvents{}
	for i, d := range list {
		var e PollEvents
		if d.CanRead {
			e |= PollIn
		}
		if d.CanWrite {
			e |= PollOut
		}
		if d.Broken {
			e |= PollErr
		}
		events[index[i]] = e
	}
	return events, nil
}

// parkDescriptors waits for the descriptors among items in a goroutine, which closes the channel when one is ready. stop ends and joins it.
func parkDescriptors(items []*pollItem) (ready <-chan struct{}, stop func(), err error) {
	list, _ := descriptorsOf(items)
	if len(list) == 0 {
		return nil, func() {}, nil
	}
	alarm, err := transport.NewAlarm()
	if err != nil {
		return nil, nil, err
	}
	c := make(chan struct{})
	go descriptorLoop(list, alarm, c)
	return c, func() {
		alarm.Ring()
		<-c
		alarm.Close()
	}, nil
}

// descriptorLoop waits until a descriptor is ready, or the alarm rings.
func descriptorLoop(list []transport.Descriptor, alarm *transport.Alarm, ready chan<- struct{}) {
	defer close(ready)
	_ = transport.Poll(list, alarm) // the next look at the descriptors says what is wrong with them
}
