package socket_test

import (
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// asked is a request of a mechanism from an address.
func asked(mechanism, domain, address string, credentials ...string) socket.AuthRequest {
	r := socket.AuthRequest{Mechanism: mechanism, Domain: domain, Address: address}
	for _, c := range credentials {
		r.Credentials = append(r.Credentials, []byte(c))
	}
	return r
}

// answer is what a list says.
func answer(t *testing.T, l *socket.AccessList, r socket.AuthRequest) socket.AuthReply {
	t.Helper()
	reply, err := l.Authenticate(context.Background(), r)
	require.NoError(t, err)
	return reply
}

// admits says whether it lets the peer in.
func admits(t *testing.T, l *socket.AccessList, r socket.AuthRequest) bool {
	t.Helper()
	return answer(t, l, r).Status == socket.AuthOK
}

// TestAccessListAddresses looks at addresses before anything else, over every mechanism.
func TestAccessListAddresses(t *testing.T) {
	for _, c := range []struct {
		name         string
		allow, deny  []string
		lets, refuse []string
	}{
		{"none", nil, nil, []string{"192.0.2.1", "::1", "", "localhost:0:0:1"}, nil},
		{"allowed", []string{"192.0.2.1", "2001:db8::/32"}, nil, []string{"192.0.2.1", "::ffff:192.0.2.1", "2001:db8::9"}, []string{"192.0.2.2", "::1", "", "localhost:0:0:1"}},
		{"denied", nil, []string{"192.0.2.0/24"}, []string{"192.0.3.1", "", "localhost:0:0:1"}, []string{"192.0.2.1", "::ffff:192.0.2.77"}},
		{"both", []string{"192.0.2.0/24"}, []string{"192.0.2.7"}, []string{"192.0.2.8"}, []string{"192.0.2.7", "192.0.3.1"}},
	} {
		var l socket.AccessList
		require.NoError(t, l.Allow(c.allow...))
		require.NoError(t, l.Deny(c.deny...))
		l.SetPasswords(socket.AnyDomain, map[string]string{"joe": "secret"})
		for _, r := range []func(string) socket.AuthRequest{
			func(a string) socket.AuthRequest { return asked("NULL", "d", a) },
			func(a string) socket.AuthRequest { return asked("PLAIN", "d", a, "joe", "secret") },
		} {
			for _, a := range c.lets {
				require.True(t, admits(t, &l, r(a)), "%s: %q", c.name, a)
			}
			for _, a := range c.refuse {
				require.False(t, admits(t, &l, r(a)), "%s: %q", c.name, a)
			}
		}
	}
	var l socket.AccessList
	for _, bad := range []string{"", "host", "192.0.2.1/33", "192.0.2", "192.0.2.1:80"} {
		require.ErrorIs(t, l.Allow("192.0.2.1", bad), socket.ErrBadOption, bad)
	}
	require.True(t, admits(t, &l, asked("NULL", "", "192.0.2.9")), "a list with a fault in it has changed nothing")
}

// TestAccessListPasswords knows users by domain, and takes a domain without a list for any.
func TestAccessListPasswords(t *testing.T) {
	var l socket.AccessList
	require.False(t, admits(t, &l, asked("PLAIN", "", "", "", "")), "nobody, and no password, is no user")
	l.SetPasswords(socket.AnyDomain, map[string]string{"joe": "secret", "empty": ""})
	l.SetPasswords("inner", map[string]string{"ann": "word"})
	for _, c := range []struct {
		domain, user, password string
		want                   bool
	}{
		{"", "joe", "secret", true},
		{"outer", "joe", "secret", true},
		{"inner", "joe", "secret", false},
		{"inner", "ann", "word", true},
		{"outer", "ann", "word", false},
		{"", "joe", "secre", false},
		{"", "joe", "secrets", false},
		{"", "joe", "", false},
		{"", "Joe", "secret", false},
		{"", "empty", "", true},
		{"", "nobody", "", false},
	} {
		reply := answer(t, &l, asked("PLAIN", c.domain, "", c.user, c.password))
		require.Equal(t, c.want, reply.Status == socket.AuthOK, "%+v", c)
		if c.want {
			require.Equal(t, c.user, reply.UserID)
		}
	}
	path := filepath.Join(t.TempDir(), "passwords")
	require.NoError(t, os.WriteFile(path, []byte("# users\n\n joe = new = word \nann=x\n"), 0o600))
	require.NoError(t, l.LoadPasswords(socket.AnyDomain, path))
	require.True(t, admits(t, &l, asked("PLAIN", "", "", "joe", "new = word")))
	require.False(t, admits(t, &l, asked("PLAIN", "", "", "joe", "secret")))
	require.NoError(t, os.WriteFile(path, []byte("joe=1\nann\n"), 0o600))
	require.ErrorContains(t, l.LoadPasswords(socket.AnyDomain, path), "line 2")
	require.True(t, admits(t, &l, asked("PLAIN", "", "", "ann", "x")), "nothing has changed")
	require.ErrorIs(t, l.LoadPasswords("", path+"!"), os.ErrNotExist)
}

// TestAccessListKeys knows keys by domain, from certificates in a directory.
func TestAccessListKeys(t *testing.T) {
	dir := t.TempDir()
	joe, err := socket.NewCertificate(map[string]string{"name": "Joe", "email": "joe@example.com"})
	require.NoError(t, err)
	ann, err := socket.NewCertificate(nil)
	require.NoError(t, err)
	require.NoError(t, joe.Save(filepath.Join(dir, "joe.key")))
	var l socket.AccessList
	curve := func(domain string, c socket.Certificate) socket.AuthRequest {
		return asked("CURVE", domain, "", string(c.Public[:]))
	}
	require.False(t, admits(t, &l, curve("", joe)))
	require.NoError(t, l.LoadCertificates(socket.AnyDomain, dir))
	reply := answer(t, &l, curve("d", joe))
	require.Equal(t, socket.AuthOK, reply.Status)
	require.Equal(t, joe.Public.String(), reply.UserID)
	name, _ := reply.Metadata.Get("name")
	require.Equal(t, "Joe", name)
	require.False(t, admits(t, &l, curve("d", ann)))

	require.NoError(t, ann.Save(filepath.Join(dir, "ann.key")))
	require.NoError(t, l.LoadCertificates(socket.AnyDomain, dir))
	require.True(t, admits(t, &l, curve("d", ann)))
	require.NoError(t, l.SetKeys("inner", ann))
	require.False(t, admits(t, &l, curve("inner", joe)))
	l.AllowAnyKey("open")
	require.True(t, admits(t, &l, curve("open", joe)))
	require.NoError(t, l.SetKeys("open"))
	require.False(t, admits(t, &l, curve("open", joe)))

	require.NoError(t, os.WriteFile(filepath.Join(dir, "notes"), []byte("buy milk\n"), 0o600))
	require.ErrorContains(t, l.LoadCertificates(socket.AnyDomain, dir), "notes")
	require.True(t, admits(t, &l, curve("d", joe)), "nothing has changed")
	require.ErrorIs(t, l.LoadCertificates("", filepath.Join(dir, "nowhere")), os.ErrNotExist)
	joe.Metadata["bad name"] = "x"
	require.ErrorIs(t, l.SetKeys("", joe), socket.ErrBadOption)
	require.False(t, admits(t, &l, asked("GSSAPI", "", "", "joe")), "of other mechanisms it knows nothing")
}

// TestAccessListAtTheGate has sockets ask a list: who is let in tells who he is with each message.
func TestAccessListAtTheGate(t *testing.T) {
	server, err := socket.NewCertificate(nil)
	require.NoError(t, err)
	joe, err := socket.NewCertificate(map[string]string{"name": "Joe"})
	require.NoError(t, err)
	stranger, err := socket.NewCertificate(nil)
	require.NoError(t, err)
	var l socket.AccessList
	require.NoError(t, l.Allow("127.0.0.1"))
	require.NoError(t, l.SetKeys(socket.AnyDomain, joe))
	serves := []socket.Option{socket.CurveServer(true), socket.CurveSecretKey(server.Secret.String())}
	comes := func(c socket.Certificate) []socket.Option {
		return []socket.Option{socket.CurveSecretKey(c.Secret.String()), socket.CurveServerKey(server.Public.String())}
	}
	g := newGate(t, &l, serves, comes(joe))
	g.meets()
	require.NoError(t, g.push.Send(within(t), number(1)))
	m, err := g.pull.Recv(within(t))
	require.NoError(t, err)
	id, _ := m.Property("User-Id")
	require.Equal(t, joe.Public.String(), id)
	name, _ := m.Property("name")
	require.Equal(t, "Joe", name)

	g = newGate(t, &l, serves, comes(stranger))
	g.meets()
	require.ErrorContains(t, g.next(g.pull, socket.EventHandshakeFailed).Err, stranger.Public.String())
	g.next(g.push, socket.EventEnded)
}
