package main

import (
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// TestHelloWorld has hwclient ask each server that speaks its language.
func TestHelloWorld(t *testing.T) {
	for _, server := range []string{"hwserver", "mtserver"} {
		t.Run(server, func(t *testing.T) {
			at := newPlace(t).at("hello")
			s := start(t, server, "-bind", at, "-work", "0")
			said := start(t, "hwclient", "-connect", at).ends()
			require.Equal(t, 10, strings.Count(said, "Received World"), said)
			s.says("Hello", 10)
		})
	}
}

// TestBroker has rrclient ask rrworker through each broker.
func TestBroker(t *testing.T) {
	for _, broker := range []string{"rrbroker", "msgqueue"} {
		t.Run(broker, func(t *testing.T) {
			p := newPlace(t)
			start(t, broker, "-frontend", p.at("front"), "-backend", p.at("back"))
			w := start(t, "rrworker", "-connect", p.at("back"), "-work", "0")
			said := start(t, "rrclient", "-connect", p.at("front")).ends()
			require.Contains(t, said, "Received reply 9 [World]")
			w.says("Received request: [Hello]", 10)
		})
	}
}

// TestInterrupt stops a server, as Ctrl-C would: it has answered, and says that it cleans up.
func TestInterrupt(t *testing.T) {
	at := newPlace(t).at("hello")
	s := start(t, "interrupt", "-bind", at)
	ctx, rt := newRuntime(t)
	req, err := connected(ctx, rt, socket.NewReq, at)
	require.NoError(t, err)
	reply, err := req.Do(ctx, socket.NewMessage("Hello"))
	require.NoError(t, err)
	require.Equal(t, "World", reply.String())
	s.stop()
	require.Equal(t, "W: recv Hello\nW: interrupt received, killing server...\nW: cleaning up\n", s.ends())
}

// TestWeather has wuclient take updates of every tenth zip code.
func TestWeather(t *testing.T) {
	at := newPlace(t).at("weather")
	start(t, "wuserver", "-bind", at)
	said := start(t, "wuclient", "-connect", at, "-n", "20", "1").ends()
	require.Regexp(t, `Average temperature for zipcode '1' was -?\d+F`, said)
}

// TestTasks runs a batch with two workers: each task is done once.
func TestTasks(t *testing.T) {
	p := newPlace(t)
	var workers []*running
	for range 2 {
		workers = append(workers, start(t, "taskwork", "-source", p.at("source"), "-sink", p.at("sink")))
	}
	sink := start(t, "tasksink", "-bind", p.at("sink"), "-n", "40")
	said := start(t, "taskvent", "-bind", p.at("source"), "-sink", p.at("sink"), "-workers", "2", "-n", "40", "-most", "1").ends()
	require.Contains(t, said, "Total expected cost: 40 msec")
	require.Regexp(t, `(?s)^(:\.{9}){4}\nTotal elapsed time: \d+ msec\n$`, sink.ends())
	for _, w := range workers {
		w.says("1.", 20) // dealt out in turn
	}
}

// TestKillSignal runs a batch at whose end the workers end.
func TestKillSignal(t *testing.T) {
	p := newPlace(t)
	var workers []*running
	for range 2 {
		workers = append(workers, start(t, "taskwork2", "-source", p.at("source"), "-sink", p.at("sink"), "-control", p.at("control")))
	}
	sink := start(t, "tasksink2", "-bind", p.at("sink"), "-control", p.at("control"), "-n", "20", "-workers", "2")
	start(t, "taskvent", "-bind", p.at("source"), "-sink", p.at("sink"), "-workers", "2", "-n", "20", "-most", "1").ends()
	require.Contains(t, sink.ends(), "Total elapsed time")
	for _, w := range workers {
		require.Equal(t, strings.Repeat("1.", 10), w.ends())
	}
}

// TestTwoSockets has msreader and mspoller, in its two ways, read tasks and weather at once.
func TestTwoSockets(t *testing.T) {
	for _, reader := range [][]string{{"msreader"}, {"mspoller"}, {"mspoller", "-select"}} {
		t.Run(strings.Join(reader, " "), func(t *testing.T) {
			p := newPlace(t)
			ctx, rt := newRuntime(t)
			push, err := bound(ctx, rt, socket.NewPush, p.at("tasks"))
			require.NoError(t, err)
			pub, err := bound(ctx, rt, socket.NewPub, p.at("weather"))
			require.NoError(t, err)
			r := start(t, reader[0], append(reader[1:], "-tasks", p.at("tasks"), "-weather", p.at("weather"))...)
			require.NoError(t, pub.WaitSubscribers(ctx, 1))
			for n := range 3 {
				require.NoError(t, push.Send(ctx, socket.NewMessage(strconv.Itoa(n))))
				require.NoError(t, pub.Send(ctx, socket.NewMessage("20002 9 10")))
				require.NoError(t, pub.Send(ctx, socket.NewMessage("10001 23 10")))
			}
			r.says("task: 2\n", 1)
			r.says("weather: 10001 23 10\n", 3)
		})
	}
}
