package adapters

import (
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"sync"

	"github.com/passtlab/passtlab/selector/catalogue"
)

//go:embed sources.json
var embedded []byte

// tree is a part of the checkout: contents by slash-separated path.
type tree map[string]string

var sources = sync.OnceValues(func() (tree, error) {
	var t tree
	if err := json.Unmarshal(embedded, &t); err != nil {
		return nil, fmt.Errorf("read adapters' sources: %w", err)
	}
	return t, nil
})

const folder = "selector/adapters/"

// of returns the sources that make the adapter.
func (t tree) of(adapter string) (tree, error) {
	if _, ok := t[folder+adapter+"/go.mod"]; !ok {
		return nil, fmt.Errorf("find adapter %q: no such folder in %s", adapter, folder)
	}
	part := tree{}
	for p, s := range t {
		if dir := path.Dir(p) + "/"; dir == folder+adapter+"/" || dir == folder+"protocol/" {
			part[p] = s
		}
	}
	return part, nil
}

// hash differs between sources, machines, flags of the build, raised modules, and
// states of a checkout.
func (t tree) hash(raised []catalogue.Raise, state string) string {
	h := sha256.New()
	fmt.Fprintf(h, "%s/%s %q %s, %d raised\n", runtime.GOOS, runtime.GOARCH, flags, state, len(raised))
	for _, r := range raised {
		fmt.Fprintf(h, "%s %s %s\n", r.Module, r.From, r.To)
	}
	for _, p := range slices.Sorted(maps.Keys(t)) {
		fmt.Fprintf(h, "%s %d\n%s", p, len(t[p]), t[p])
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
}

func (t tree) write(dir string) error {
	for p, s := range t {
		file := filepath.Join(dir, filepath.FromSlash(p))
		if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o755), os.WriteFile(file, []byte(s), 0o644)); err != nil {
			return err
		}
	}
	return nil
}
