package interop

// Roles that several casts have.
var (
	rrClient = member{weir: "rrclient -connect {f}", twin: "rrclient {f}", ends: true, says: `Received reply 9 \[World\]`}
	rrWorker = member{weir: "rrworker -connect {b} -work 0", twin: "rrworker {b}"}
	boss     = member{weir: "rtreq -only broker -at {a} -workers 3 -n 30", twin: "boss {a} 3 30", ends: true}
)

// twinOnly is a role that another cast has Weir play.
func twinOnly(r member) member {
	r.only = "twin"
	return r
}

// casts are the programs that examples/README.md leads through, each with those it works with.
var casts = []cast{
	{"hello", []member{
		{weir: "hwserver -bind {a} -work 0", twin: "hwserver {a}"},
		{weir: "hwclient -connect {a}", twin: "hwclient {a}", ends: true, says: "Received World 9"},
	}},
	{"hello, many workers", []member{
		{weir: "mtserver -bind {a} -work 0", twin: "mtserver {a}"},
		{weir: "hwclient -connect {a}", twin: "hwclient {a}", ends: true, says: "Received World 9"},
	}},
	{"interrupt", []member{
		{weir: "interrupt -bind {a}"},
		twinOnly(member{twin: "hwclient {a}", ends: true, says: "Received World 9"}),
	}},
	{"weather", []member{
		{weir: "wuserver -bind {a}", twin: "wuserver {a}"},
		{weir: "wuclient -connect {a} -n 20 1", twin: "wuclient {a} 1", ends: true, says: "Average temperature for zipcode '1' was -?[0-9]+F"},
	}},
	{"weather, bridged", []member{
		twinOnly(member{twin: "wuserver {a}"}),
		{weir: "wuproxy {a} {o}", twin: "wuproxy {a} {o}"},
		twinOnly(member{twin: "wuclient {o} 1", ends: true, says: "Average"}),
	}},
	{"tasks", []member{
		{weir: "taskvent -bind {v} -sink {s} -n 20 -most 1", twin: "taskvent {v} {s} 20", ends: true},
		{weir: "taskwork -source {v} -sink {s}", twin: "taskwork {v} {s}"},
		{weir: "tasksink -bind {s} -n 20", twin: "tasksink {s} 20", ends: true, says: "Total elapsed time"},
	}},
	{"tasks, with a kill signal", []member{
		twinOnly(member{twin: "taskvent {v} {s} 20", ends: true}),
		{weir: "taskwork2 -source {v} -sink {s} -control {c}", twin: "taskwork2 {v} {s} {c}", ends: true},
		twinOnly(member{twin: "tasksink2 {s} {c} 20"}),
	}},
	{"tasks, with a kill signal of Weir's", []member{
		twinOnly(member{twin: "taskvent {v} {s} 20", ends: true}),
		twinOnly(member{twin: "taskwork2 {v} {s} {c}", ends: true}),
		{weir: "tasksink2 -bind {s} -control {c} -n 20", ends: true, says: "Total elapsed time"},
	}},
	twoSockets("msreader"), twoSockets("mspoller"), twoSockets("mspoller -select"),
	{"broker", []member{
		{weir: "rrbroker -frontend {f} -backend {b}", twin: "rrbroker {f} {b}"},
		rrWorker, rrClient,
	}},
	{"broker, by a proxy", []member{
		{weir: "msgqueue -frontend {f} -backend {b}"},
		twinOnly(rrWorker), twinOnly(rrClient),
	}},
	{"relay", []member{
		{weir: "mtrelay -only 1 -step2 {2} -step3 {3}", twin: "mtrelay 1 {2} {3}", ends: true},
		{weir: "mtrelay -only 2 -step2 {2} -step3 {3}", twin: "mtrelay 2 {2} {3}", ends: true},
		{weir: "mtrelay -only 3 -step2 {2} -step3 {3}", twin: "mtrelay 3 {2} {3}", ends: true, says: "Test successful!"},
	}},
	{"synchronized", []member{
		{weir: "syncpub -bind {p} -sync {s} -subscribers 2 -n 5000", twin: "syncpub {p} {s} 2 5000", ends: true},
		{weir: "syncsub -connect {p} -sync {s}", twin: "syncsub {p} {s}", ends: true, says: "Received 5000 updates"},
		twinOnly(member{twin: "syncsub {p} {s}", ends: true, says: "Received 5000 updates"}),
	}},
	{"envelopes", []member{
		{weir: "psenvpub -bind {a} -every 5ms", twin: "psenvpub {a}"},
		{weir: "psenvsub -connect {a}", twin: "psenvsub {a}", says: `^(\[B\] We would like to see this\n)+$`},
	}},
	{"identity", []member{
		{
			weir: "identity -only sink -at {a}", twin: "identity_sink {a}", ends: true,
			says: inAnyOrder(`\[005\] 00[0-9A-F]{8}\n\[000\] \n\[039\] ROUTER uses`, `\[005\] PEER2\n\[000\] \n\[040\] ROUTER socket`),
		},
		{weir: "identity -only peers -at {a}", twin: "identity_peers {a}", ends: true},
	}},
	{"workers that are REQs", []member{
		boss,
		{weir: "rtreq -only workers -at {a} -workers 3 -work 0", twin: "workers_req {a} 3", ends: true, says: "(Completed: [0-9]+ tasks\n){3}"},
	}},
	{"workers that are DEALERs", []member{
		boss,
		{weir: "rtdealer -only workers -at {a} -workers 3 -work 0", twin: "workers_dealer {a} 3", ends: true, says: "(Completed: [0-9]+ tasks\n){3}"},
	}},
	{"workers that are DEALERs, and their broker", []member{
		{weir: "rtdealer -only broker -at {a} -workers 3 -n 30", twin: "boss {a} 3 30", ends: true},
		twinOnly(member{twin: "workers_dealer {a} 3", ends: true, says: "(Completed: [0-9]+ tasks\n){3}"}),
	}},
	{"balance", []member{
		{weir: "lbbroker -only broker -frontend {f} -backend {b} -clients 6", twin: "lb_broker {f} {b} 6", ends: true},
		{weir: "lbbroker -only clients -frontend {f} -clients 6", twin: "lb_clients {f} 6", ends: true, says: "^(Client: OK\n){6}$"},
		{weir: "lbbroker -only workers -backend {b} -workers 2", twin: "lb_workers {b} 2"},
	}},
	{"asynchronous", []member{
		{weir: "asyncsrv -only server -at {a} -every 1ms", twin: "async_server {a}"},
		{weir: "asyncsrv -only clients -at {a} -every 5ms", twin: "async_clients {a}", says: "(?s)(: request #.*){20}"},
	}},
	{"peering", []member{
		{weir: "peering -dir {} me you", twin: "peering {} me you"}, // it has no workers: all is done by the other
		{weir: "peering -dir {} you me", twin: "peering {} you me"},
		{weir: "peeringworkers -dir {} -pace 1ms -n 3 you", twin: "peering_workers {} 3 you"},
		{weir: "peeringclients -dir {} -pace 1ms -n 3 me", twin: "peering_clients {} 3 me", says: "^([0-9A-F]{4}\n){20}"},
		twinOnly(member{twin: "peering_clients {} 2 you", says: "^([0-9A-F]{4}\n){20}"}),
	}},
	{"espresso", []member{
		{weir: "espresso -only publisher -publisher {p} -every 1ms", twin: "espresso_publisher {p}"},
		{weir: "espresso -only proxy -publisher {p} -outlet {o}", twin: "espresso_proxy {p} {o}", says: `(?s)"\\x01[AB]".*"[AB]-\d{5}"`},
		{weir: "espresso -only subscriber -outlet {o}", twin: "espresso_subscriber {o}", ends: true},
	}},
	{"last values", []member{
		twinOnly(member{twin: "lvcache_publisher {p}"}),
		{weir: "lvcache -publisher {p} -bind {o}", says: "Sending cached topic topic"},
		twinOnly(member{twin: "lvcache_subscriber {o}", ends: true}),
	}},
}

// inAnyOrder matches both.
func inAnyOrder(a, b string) string { return "(?s)" + a + ".*" + b + "|" + b + ".*" + a }

// twoSockets is a cast with a program that reads from two twins.
func twoSockets(reader string) cast {
	return cast{reader, []member{
		twinOnly(member{twin: "taskvent {t} {s} 20"}),
		twinOnly(member{twin: "wuserver {w} 10001"}),
		{weir: reader + " -tasks {t} -weather {w}", says: `(?s)(weather: 10001.*(task: 1\n){10})|(task: 1.*weather: 10001)`},
	}}
}
