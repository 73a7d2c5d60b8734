// Command talos-config loads Talos machine configurations and patches with Talos' own
// pkg/machinery. It is no selector.
//
//	talos-config read <CONFIGURATION
//	talos-config apply CONTRACT TYPE FILE...
//
// read prints, as a JSON object, what a configuration says about node addresses.
// apply applies patches to a generated configuration, as talosctl's --config-patch
// @FILE does, validates the result, and prints the same of it. CONTRACT is a version
// such as v1.13, and TYPE is controlplane or worker.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
	"github.com/siderolabs/talos/pkg/machinery/config/validation"
	"github.com/siderolabs/talos/pkg/machinery/constants"
)

func main() {
	s, err := run(os.Args[1:])
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(s)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) (settings, error) {
	switch {
	case len(args) == 1 && args[0] == "read":
		data, err := io.ReadAll(os.Stdin)
		if err != nil {
			return settings{}, err
		}
		cfg, err := configloader.NewFromBytes(data)
		if err != nil {
			return settings{}, err
		}
		return read(cfg)
	case len(args) > 2 && args[0] == "apply":
		return apply(args[1], args[2], args[3:])
	}
	return settings{}, errors.New("usage: talos-config read | talos-config apply CONTRACT TYPE FILE")
}

// apply patches a configuration that was generated for the contract.
func apply(contract, kind string, files []string) (settings, error) {
	cfg, err := generated(contract, kind)
	if err != nil {
		return settings{}, fmt.Errorf("generate: %w", err)
	}
	for i := range files {
		files[i] = "@" + files[i]
	}
	patches, err := configpatcher.LoadPatches(files)
	if err != nil {
		return settings{}, fmt.Errorf("load: %w", err)
	}
	out, err := configpatcher.Apply(configpatcher.WithConfig(cfg), patches)
	if err != nil {
		return settings{}, fmt.Errorf("apply: %w", err)
	}
	// What was merged is read again, as a machine reads it.
	data, err := out.Bytes()
	if err != nil {
		return settings{}, fmt.Errorf("encode: %w", err)
	}
	if cfg, err = configloader.NewFromBytes(data); err != nil {
		return settings{}, fmt.Errorf("load again: %w", err)
	}
	warnings, err := cfg.Validate(metal{}, validation.WithLocal())
	if err != nil {
		return settings{}, fmt.Errorf("validate: %w", err)
	}
	s, err := read(cfg)
	s.Warnings = warnings
	return s, err
}

func generated(contract, kind string) (config.Provider, error) {
	version, err := config.ParseContractFromVersion(contract)
	if err != nil {
		return nil, err
	}
	t, err := machine.ParseType(kind)
	if err != nil {
		return nil, err
	}
	// The keys need not be those of a newer version, whose RSA keys take seconds to make.
	keys, err := secrets.NewBundle(secrets.NewFixedClock(time.Now()), &config.VersionContract{Major: 1, Minor: 6})
	if err != nil {
		return nil, err
	}
	in, err := generate.NewInput("passtlab", "https://[fd01:cafe::1]:6443", constants.DefaultKubernetesVersion,
		generate.WithVersionContract(version), generate.WithSecretsBundle(keys), generate.WithInstallDisk("/dev/vda"))
	if err != nil {
		return nil, err
	}
	return in.Config(t)
}

// metal is the strictest of Talos' modes.
type metal struct{}

func (metal) String() string        { return "metal" }
func (metal) RequiresInstall() bool { return true }
func (metal) InContainer() bool     { return false }
