package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"time"

	"golang.org/x/sync/errgroup"
)

// A platform is an operating system and an architecture.
type platform struct{ os, arch string }

// platforms are those that the module supports.
var platforms = []platform{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"},
}

// A listed is what go list says of one package, or of a package as its tests see it.
type listed struct {
	Dir, ImportPath string
	GoFiles         []string
	ImportMap       map[string]string // what an import means here, where it is not what it says
	Module          *struct{ Main bool }
}

func main() {
	var group errgroup.Group
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, p := range platforms {
		group.Go(func() error {
			begin := time.Now()
			n, err := p.check()
			if err != nil {
				return fmt.Errorf("%s/%s: %w", p.os, p.arch, err)
			}
			fmt.Printf("%s/%s: %d packages, %.1f s\n", p.os, p.arch, n, time.Since(begin).Seconds())
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		fmt.Fprintln(os.Stderr, "crosscheck:", err)
		os.Exit(1)
	}
}

// check type-checks everything for p, and says how many packages of the module that was, as themselves and as their tests see them.
func (p platform) check() (checked int, err error) {
	cmd := exec.Command("go", "list", "-deps", "-test", "-json=Dir,ImportPath,GoFiles,ImportMap,Module", "./...")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+p.os, "GOARCH="+p.arch)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return 0, err
	}
	c := &checker{platform: p, files: token.NewFileSet(), done: map[string]*types.Package{"unsafe": types.Unsafe}}
	for list := json.NewDecoder(bytes.NewReader(out)); ; { // a package comes after those that it imports
		var l listed
		if err := list.Decode(&l); errors.Is(err, io.EOF) {
			return c.own, nil
		} else if err != nil {
			return 0, err
		}
		if err := c.check(&l); err != nil {
			return 0, err
		}
	}
}

// A checker type-checks packages for one platform, one after the other.
type checker struct {
	platform
	files *token.FileSet
	done  map[string]*types.Package
	own   int // packages of the module
}

// check type-checks one package: all of it where it is the module's own.
func (c *checker) check(l *listed) error {
	if l.ImportPath == "unsafe" {
		return nil
	}
	files, err := c.parse(l)
	if err != nil {
		return err
	}
	own := l.Module != nil && l.Module.Main
	failures := 0
	config := types.Config{
		IgnoreFuncBodies: !own,
		FakeImportC:      true,
		Sizes:            types.SizesFor("gc", c.arch),
		Importer:         importing(func(path string) (*types.Package, error) { return c.imported(l, path) }),
		Error: func(err error) {
			if failures++; own && failures <= 10 {
				fmt.Fprintf(os.Stderr, "%s/%s: %v\n", c.os, c.arch, err)
			}
		},
	}
	c.done[l.ImportPath], _ = config.Check(l.ImportPath, c.files, files, nil) // its errors have been seen
	if !own {
		return nil // declarations are enough, and what they lack is seen where it is used
	}
	c.own++
	if failures > 0 {
		return fmt.Errorf("%s does not build", l.ImportPath)
	}
	return nil
}

// parse reads the files of a package.
func (c *checker) parse(l *listed) (files []*ast.File, err error) {
	for _, name := range l.GoFiles {
		if !filepath.IsAbs(name) { // the main of a test binary lies in the build cache, and is generated
			name = filepath.Join(l.Dir, name)
		}
		f, err := parser.ParseFile(c.files, name, nil, parser.SkipObjectResolution)
		if err != nil {
			return nil, err
		}
		files = append(files, f)
	}
	return files, nil
}

// imported is what an import means in a package.
func (c *checker) imported(l *listed, path string) (*types.Package, error) {
	if meant, ok := l.ImportMap[path]; ok {
		path = meant
	}
	if p := c.done[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("%s is not there", path)
}

// importing is an importer made of a function.
type importing func(path string) (*types.Package, error)

// Import calls the function.
func (f importing) Import(path string) (*types.Package, error) { return f(path) }
