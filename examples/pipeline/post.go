package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
)

// A post is a worker's place in the pipeline as the parent sees it: name and endpoint stay, processes come and go.
type post struct {
	// Set before the tree starts, then read-only.
	name     string
	endpoint string   // where its PULL binds, in each life
	out      string   // where its PUSH connects: the sink
	command  []string // starts a process
	swallow  bool     // the processes after the first shall lose a message
	account  *account
	progress *progress

	mu    sync.Mutex
	lives int         // guarded by mu: processes so far
	now   *os.Process // guarded by mu: the one that runs; nil while none does
}

// run is the loop of a worker's stage: one process, from its start to its end. It returns nil only for a process that
// ended by itself and well; it kills it when ctx ends.
func (p *post) run(ctx context.Context) error {
	args := slices.Concat(p.command[1:], []string{p.name, p.endpoint, p.out})
	cmd := exec.CommandContext(ctx, p.command[0], args...)
	cmd.Stderr = os.Stderr
	if _, err := cmd.StdinPipe(); err != nil { // its end tells the worker that this process is gone
		return err
	}
	if err := p.start(cmd); err != nil {
		return err
	}
	err := cmd.Wait()
	p.mu.Lock()
	p.now = nil
	p.mu.Unlock()
	if err != nil {
		return fmt.Errorf("%s (process %d): %w", p.name, cmd.Process.Pid, err)
	}
	return nil
}

// start starts the next life.
func (p *post) start(cmd *exec.Cmd) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.swallow && p.lives > 0 {
		cmd.Env = append(os.Environ(), swallowVar+"=1")
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("%s: %w", p.name, err)
	}
	p.now = cmd.Process
	p.lives++
	p.account.started(p.name)
	p.progress.say("%s is process %d", p.name, p.now.Pid)
	return nil
}

// kill kills the process that runs (with SIGKILL, where there are signals), behind the back of its supervisor.
func (p *post) kill() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.now == nil {
		return errors.New("kill " + p.name + ": it does not run")
	}
	p.account.kill(life{p.name, p.now.Pid})
	p.progress.say("%s (process %d): killed", p.name, p.now.Pid)
	return p.now.Kill()
}
