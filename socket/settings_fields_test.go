package socket

import (
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// notRead are the fields of options that Settings does not have under their own name, each with what it has instead, or why it has nothing.
var notRead = map[string]string{
	"typ":           "Type",
	"reconnectMax":  "ReconnectIntervalMax",
	"probe":         "ProbeRouter",
	"mandatory":     "RouterMandatory",
	"handover":      "RouterHandover",
	"raw":           "RouterRaw",
	"correlate":     "ReqCorrelate",
	"relaxed":       "ReqRelaxed",
	"nodrop":        "XPubNoDrop",
	"verboseSubs":   "XPubVerbose",
	"verboseUnsubs": "XPubVerboser",
	"manual":        "XPubManual",
	"welcome":       "XPubWelcome",
	"invert":        "InvertMatching",
	"onlyFirst":     "OnlyFirstSubscribe",

	"verboseUnsubscribe": "XSubVerboseUnsubscribe",

	"net":         "", // what options_transport.go has a test for
	"server":      "PlainServer",
	"curveServer": "CurveServerKey",
	"username":    "PlainUsername",
	"password":    "PlainPassword",
	"zapEnforce":  "ZapEnforceDomain",
	"secured":     "Mechanism",
	"admission":   "", // functions, and what libzmq does not read either

	"trace":         "",                     // functions
	"maxHandshakes": "", "maxLeftovers": "", // of tests
}

// TestSettingsAreComplete wants every option to be readable.
func TestSettingsAreComplete(t *testing.T) {
	settings := map[string]bool{}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[Settings]()) {
		settings[strings.ToLower(f.Name)] = true
	}
	for _, f := range reflect.VisibleFields(reflect.TypeFor[options]()) {
		name, other := notRead[f.Name]
		switch {
		case f.Anonymous || other && name == "":
			continue
		case !other:
			name = f.Name
		}
		require.Contains(t, settings, strings.ToLower(name), "options.%s cannot be read: give Settings a field, and fill it in", f.Name)
	}
}
