package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/passtlab/passtlab/sim"
)

const backendUsage = "what plays passt: simulated, or passt[=PATH], the real program, by default pasta in $PATH"

// parseBackend reads the flag --backend.
func parseBackend(ctx context.Context, value string) (sim.Backend, error) {
	kind, path, given := strings.Cut(value, "=")
	switch {
	case kind == "passt" && (path != "" || !given):
		b, err := sim.Program(ctx, path)
		if err != nil {
			return b, fmt.Errorf("--backend: %w", err)
		}
		return b, nil
	case value == "simulated" || value == "":
		return sim.Backend{}, nil
	}
	return sim.Backend{}, fmt.Errorf("--backend: %q is neither simulated nor passt[=PATH]", value)
}
