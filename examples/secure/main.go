// Command secure is a service that lets in whom it knows: CURVE encrypts, and certificates in a directory say who may come.
//
//	secure keygen DIR NAME        makes DIR/NAME.key, and DIR/NAME.key_secret for its owner alone
//	secure serve ENDPOINT DIR     answers those who have a certificate in DIR, with the key of DIR/server.key_secret
//	secure ask ENDPOINT DIR NAME  asks as NAME; it needs DIR/server.key and DIR/NAME.key_secret
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/weirmq/weir/socket"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "secure:", err)
		os.Exit(1)
	}
}

// run does what the arguments say.
func run(ctx context.Context, args []string) error {
	switch {
	case len(args) == 3 && args[0] == "keygen":
		c, err := socket.NewCertificate(map[string]string{"name": args[2]})
		if err != nil {
			return err
		}
		return c.Save(filepath.Join(args[1], args[2]+".key"))
	case len(args) == 3 && args[0] == "serve":
		return serve(ctx, args[1], args[2], func(at string) { fmt.Println("serving at", at) })
	case len(args) == 4 && args[0] == "ask":
		reply, err := ask(ctx, args[1], args[2], args[3])
		fmt.Println(reply)
		return err
	}
	return errors.New("keygen DIR NAME | serve ENDPOINT DIR | ask ENDPOINT DIR NAME")
}

// serve answers each request with the name in the certificate of who sent it, until ctx ends. It tells ready where.
func serve(ctx context.Context, endpoint, dir string, ready func(string)) error {
	own, err := socket.LoadCertificate(filepath.Join(dir, "server.key_secret"))
	if err != nil {
		return err
	}
	var known socket.AccessList
	if err := known.LoadCertificates(socket.AnyDomain, dir); err != nil {
		return err
	}
	rt, err := socket.NewRuntime(socket.WithAuthenticator(&known))
	if err != nil {
		return err
	}
	defer rt.Shutdown(context.WithoutCancel(ctx))
	rep, err := socket.NewRep(rt, socket.CurveServer(true), socket.CurveSecretKey(own.Secret.String()))
	if err != nil {
		return err
	}
	at, err := rep.Bind(ctx, endpoint)
	if err != nil {
		return err
	}
	ready(at.String())
	for m, err := range rep.Messages(ctx) {
		if err != nil {
			return err
		}
		name, _ := m.Property("name")
		if err := rep.Send(ctx, socket.NewMessage("hello, "+name)); err != nil {
			return err
		}
	}
	return nil
}

// patience is how long a client waits: one that is turned away hears nothing.
const patience = 10 * time.Second

// ask asks once.
func ask(ctx context.Context, endpoint, dir, name string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	own, err := socket.LoadCertificate(filepath.Join(dir, name+".key_secret"))
	if err != nil {
		return "", err
	}
	server, err := socket.LoadCertificate(filepath.Join(dir, "server.key"))
	if err != nil {
		return "", err
	}
	rt, err := socket.NewRuntime()
	if err != nil {
		return "", err
	}
	defer rt.Shutdown(ctx) // what was not sent when time is up is not waited for
	req, err := socket.NewReq(rt, socket.CurveSecretKey(own.Secret.String()), socket.CurveServerKey(server.Public.String()))
	if err != nil {
		return "", err
	}
	if _, err := req.Connect(ctx, endpoint); err != nil {
		return "", err
	}
	m, err := req.Do(ctx, socket.NewMessage("who am I?"))
	return m.String(), err
}
