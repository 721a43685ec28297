package house

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// stableOptions are the options of libzmq 4.3 that are neither drafts nor of a mechanism, transport or system that is not here: those of sockets, then those of
// contexts.
const stableOptions = `AFFINITY ROUTING_ID SUBSCRIBE UNSUBSCRIBE RATE RECOVERY_IVL SNDBUF RCVBUF RCVMORE FD EVENTS TYPE LINGER RECONNECT_IVL BACKLOG
	RECONNECT_IVL_MAX MAXMSGSIZE SNDHWM RCVHWM MULTICAST_HOPS RCVTIMEO SNDTIMEO IPV4ONLY LAST_ENDPOINT ROUTER_MANDATORY TCP_KEEPALIVE
	TCP_KEEPALIVE_CNT TCP_KEEPALIVE_IDLE TCP_KEEPALIVE_INTVL TCP_ACCEPT_FILTER IMMEDIATE XPUB_VERBOSE ROUTER_RAW IPV6 MECHANISM PLAIN_SERVER
	PLAIN_USERNAME PLAIN_PASSWORD CURVE_SERVER CURVE_PUBLICKEY CURVE_SECRETKEY CURVE_SERVERKEY PROBE_ROUTER REQ_CORRELATE REQ_RELAXED CONFLATE
	ZAP_DOMAIN ROUTER_HANDOVER TOS IPC_FILTER_PID IPC_FILTER_UID IPC_FILTER_GID CONNECT_ROUTING_ID HANDSHAKE_IVL SOCKS_PROXY XPUB_NODROP
	XPUB_MANUAL XPUB_WELCOME_MSG STREAM_NOTIFY INVERT_MATCHING HEARTBEAT_IVL HEARTBEAT_TTL HEARTBEAT_TIMEOUT XPUB_VERBOSER CONNECT_TIMEOUT
	TCP_MAXRT THREAD_SAFE MULTICAST_MAXTPDU USE_FD BINDTODEVICE ZAP_ENFORCE_DOMAIN METADATA MULTICAST_LOOP SOCKS_USERNAME SOCKS_PASSWORD
	ONLY_FIRST_SUBSCRIBE RECONNECT_STOP
	IO_THREADS MAX_SOCKETS SOCKET_LIMIT MAX_MSGSZ MSG_T_SIZE ZERO_COPY_RECV BLOCKY
	THREAD_PRIORITY THREAD_SCHED_POLICY THREAD_AFFINITY_CPU_ADD THREAD_AFFINITY_CPU_REMOVE THREAD_NAME_PREFIX`

// notOnTheCommandLine are those that are only read, or that nothing here would heed.
const notOnTheCommandLine = `RCVMORE FD EVENTS TYPE LAST_ENDPOINT MECHANISM THREAD_SAFE
	SOCKET_LIMIT MAX_MSGSZ MSG_T_SIZE ZERO_COPY_RECV
	THREAD_PRIORITY THREAD_SCHED_POLICY THREAD_AFFINITY_CPU_ADD THREAD_AFFINITY_CPU_REMOVE THREAD_NAME_PREFIX`

// optionName finds names of options.
var optionName = regexp.MustCompile(`ZMQ_[A-Z0-9_]+`)

// TestStableOptions wants each of libzmq's stable options to be named by the doc of what sets it here, or in the README's table of what is there instead; and
// the command line to take each that makes sense there.
func TestStableOptions(t *testing.T) {
	named := map[string]bool{}
	files, err := filepath.Glob(filepath.Join(root(t), "socket", "*.go"))
	require.NoError(t, err)
	for _, path := range append(files, filepath.Join(root(t), "README.md")) {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, name := range optionName.FindAllString(string(text), -1) {
			named[name] = true
		}
	}
	table, err := os.ReadFile(filepath.Join(root(t), "cmd", "weir", "option_table.go"))
	require.NoError(t, err)
	for name := range strings.FieldsSeq(stableOptions) {
		require.True(t, named["ZMQ_"+name], "nothing says what ZMQ_%s is here", name)
		taken := strings.Contains(string(table), `("`+strings.ToLower(name)+`"`) || strings.Contains(string(table), `{name: "`+strings.ToLower(name)+`"`)
		refused := strings.Contains(string(table), `	"`+strings.ToLower(name)+`":`)
		excepted := strings.Contains(" "+strings.Join(strings.Fields(notOnTheCommandLine), " ")+" ", " "+name+" ")
		require.NotEqual(t, excepted, taken, "weir -o %s", strings.ToLower(name))
		require.Equal(t, excepted, refused, "weir -o %s says what to use instead", strings.ToLower(name))
	}
}

// TestStableOptionsComplete compares the list with the inventory of libzmq, where that lies beside the project.
func TestStableOptionsComplete(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "..", "shared", "facts", "libzmq-inventory.md"))
	if err != nil {
		t.Log("the inventory is not here: nothing to compare with")
		return
	}
	_, section, found := strings.Cut(string(text), "\n### 3.2 ")
	require.True(t, found)
	section, contexts, found := strings.Cut(section, "\n### 3.3 ")
	require.True(t, found)
	contexts, _, found = strings.Cut(contexts, "\nUnknown option ")
	require.True(t, found)
	// elsewhere are drafts, GSSAPI, NORM, VMCI, TIPC and Windows.
	elsewhere := regexp.MustCompile(`^(GSSAPI|VMCI|NORM|WSS|LOOPBACK|BLOCKY)`)
	row := regexp.MustCompile(`(?m)^\| ([0-9][^|]*)\| ([^|]+)\|`)
	listed := " " + strings.Join(strings.Fields(stableOptions), " ") + " "
	for _, m := range row.FindAllStringSubmatch(section, -1) {
		number, name := strings.TrimSpace(m[1]), strings.Fields(m[2])[0]
		if elsewhere.MatchString(name) || strings.HasSuffix(number, " D") || strings.Contains(m[2], "/") || strings.Contains(m[2], "(SERVICE") {
			continue
		}
		require.Contains(t, listed, " "+name+" ", "row %s of the inventory", number)
	}
	cells, name := regexp.MustCompile(`(?m)^\| [0-9][^|]*\| ([^|]+)\|`), regexp.MustCompile(`[A-Z][A-Z_0-9]{3,}`)
	rows := cells.FindAllStringSubmatch(contexts, -1)
	require.Greater(t, len(rows), 10)
	for _, m := range rows { // of contexts; one names several, of which the second is the end of a name
		for _, n := range name.FindAllString(m[1], -1) {
			require.Contains(t, listed, n+" ", "%s of contexts", m[1])
		}
	}
}
