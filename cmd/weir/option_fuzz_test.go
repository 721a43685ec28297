package main

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/weirmq/weir/socket"
)

// FuzzOption gives any option any value, two options at a time, and makes a socket of any type with them: nothing panics, and what is refused is refused
// as a bad option. (libzmq: test_socket_options_fuzzer)
func FuzzOption(f *testing.F) {
	values := []string{"", "-1", "0", "1", "2147483648", "x", strings.Repeat("k", 40), strings.Repeat("v", 256), "X-a:b"}
	for i, row := range optionRows {
		f.Add(row.name+"="+values[i%len(values)], optionRows[(i+1)%len(optionRows)].name+"=1", uint8(i))
	}
	rt, err := socket.NewRuntime()
	require.NoError(f, err)
	f.Cleanup(func() { require.NoError(f, rt.Shutdown(context.Background())) })
	types := slices.Sorted(maps.Keys(makers))
	f.Fuzz(func(t *testing.T, first, second string, typ uint8) {
		s := newSettings("push")
		for _, text := range []string{first, second} {
			if err := s.setOption(text); err != nil {
				require.ErrorIs(t, err, errOption)
				return
			}
		}
		made, err := makers[types[int(typ)%len(types)]](rt, s.options...)
		if err != nil {
			require.ErrorIs(t, err, socket.ErrBadOption)
			return
		}
		require.NoError(t, made.Close(t.Context()))
	})
}
