package socket

import (
	"bufio"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/weirmq/weir/wire"
)

// A Certificate is a CURVE key as czmq and pyzmq keep it in files: with its secret half, where that is there, and what else is written of its owner.
type Certificate struct {
	Public   CurveKey
	Secret   CurveKey          // zero in a public certificate
	Metadata map[string]string // name, email, organization, …: names are any property's
}

// secretSuffix is what the file with the secret half is called, behind the name of the public one.
const secretSuffix = "_secret"

// NewCertificate makes a new pair of keys. metadata may be nil.
func NewCertificate(metadata map[string]string) (Certificate, error) {
	public, secret, err := NewCurveKeypair()
	return Certificate{Public: public, Secret: secret, Metadata: metadata}, err
}

// LoadCertificate reads a file of czmq's zcert or of pyzmq's create_certificates, public or secret.
func LoadCertificate(path string) (Certificate, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Certificate{}, err
	}
	c, err := parseCertificate(string(text))
	if err != nil {
		return Certificate{}, fmt.Errorf("%s: %w", path, err)
	}
	return c, nil
}

// parseCertificate reads the ZeroMQ property language, as far as certificates are written in it: sections, and below them names and values. A secret key
// that does not belong to the public one is an error; no error shows a key. https://rfc.zeromq.org/spec/4/
func parseCertificate(text string) (c Certificate, err error) {
	section := ""
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		trimmed := strings.TrimSpace(line)
		if trimmed == "" || trimmed[0] == '#' {
			continue
		}
		name, value, assigned := strings.Cut(trimmed, "=")
		name, value = strings.TrimSpace(name), unquoted(strings.TrimSpace(value))
		switch {
		case line[0] != ' ' && line[0] != '\t' && !assigned:
			section = name
		case !assigned:
			return c, fmt.Errorf("line %d is neither a section nor a name and its value", n)
		case section == "metadata":
			if c.Metadata == nil {
				c.Metadata = map[string]string{}
			}
			c.Metadata[name] = value
		case section == "curve" && name == "public-key":
			c.Public, err = wire.ParseCurveKey(value)
		case section == "curve" && name == "secret-key":
			c.Secret, err = wire.ParseCurveKey(value)
		}
		if err != nil {
			return Certificate{}, fmt.Errorf("line %d: %s: %w", n, name, err)
		}
	}
	switch {
	case lines.Err() != nil:
		return Certificate{}, lines.Err()
	case c.Public.IsZero():
		return Certificate{}, errors.New("no public key")
	case !c.Secret.IsZero() && wire.CurvePublic(c.Secret) != c.Public:
		return Certificate{}, errors.New("the secret key does not belong to the public one")
	}
	return c, nil
}

// unquoted takes the quotes off a value, of either kind.
func unquoted(value string) string {
	if n := len(value); n >= 2 && value[0] == value[n-1] && (value[0] == '"' || value[0] == '\'') {
		return value[1 : n-1]
	}
	return value
}

// Save writes the public certificate to path, and the secret one, which nobody but the owner may read, to path with "_secret" behind it: the names and the
// form that czmq and pyzmq have. Without a secret key there is only the first. Files of those names are replaced. A directory of such files is what
// AccessList.LoadCertificates reads.
func (c Certificate) Save(path string) error {
	if c.Public.IsZero() {
		return errors.New("weir: a certificate without a key")
	}
	if err := c.writable(); err != nil {
		return err
	}
	if !c.Secret.IsZero() {
		if err := replaceFile(path+secretSuffix, c.text(true), 0o600); err != nil {
			return err
		}
	}
	return replaceFile(path, c.text(false), 0o644)
}

// writable says whether all metadata would be read back as it is.
func (c Certificate) writable() error {
	for name, value := range c.Metadata {
		if strings.ContainsAny(name, " \t\r\n=#\"") || name == "" || strings.ContainsAny(value, "\r\n\"") {
			return fmt.Errorf("weir: %q cannot be written into a certificate", name)
		}
	}
	return nil
}

// text is the certificate as a file has it.
func (c Certificate) text(secret bool) string {
	var b strings.Builder
	if secret {
		b.WriteString("#   ZeroMQ CURVE **Secret** certificate\n#   Do not give this file to anybody\n\nmetadata\n")
	} else {
		b.WriteString("#   ZeroMQ CURVE public certificate\n#   Exchange it so that nobody can put another in its place\n\nmetadata\n")
	}
	for _, name := range slices.Sorted(maps.Keys(c.Metadata)) {
		fmt.Fprintf(&b, "    %s = \"%s\"\n", name, c.Metadata[name])
	}
	fmt.Fprintf(&b, "curve\n    public-key = \"%s\"\n", c.Public)
	if secret {
		fmt.Fprintf(&b, "    secret-key = \"%s\"\n", c.Secret)
	}
	return b.String()
}

// replaceFile writes a file beside path and puts it in its place: nobody reads half of it, and no looser permissions of a file before it are kept.
func replaceFile(path, text string, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".weir-certificate-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = os.Chmod(f.Name(), mode)
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
