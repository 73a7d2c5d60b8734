package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/passtlab/passtlab/selector/adapters"
	"github.com/passtlab/passtlab/selector/catalogue"
	"github.com/passtlab/passtlab/selector/command"
	"github.com/passtlab/passtlab/selector/talos"
	"github.com/passtlab/passtlab/suites/advise"
)

// talosEntries are the entries of the catalogue that are Talos itself.
var talosEntries = map[talos.Algorithm]string{talos.V1: "talos", talos.V2: "talos-with-v2"}

// released returns Talos itself, if it is in the cache: the version given if it is an
// exact one, or else the newest one of the same minor version. It builds none, which
// takes minutes.
func released(ctx context.Context, given string) (advise.Released, error) {
	var versions []string
	if _, err := catalogue.Find(talosEntries[talos.V1] + "@" + given); err == nil {
		versions = []string{given}
	} else {
		minor, err := advise.ParseVersion(given)
		if err != nil {
			return nil, err
		}
		p, err := catalogue.Find(talosEntries[talos.V1])
		if err != nil {
			return nil, err
		}
		for _, v := range slices.Backward(p.Versions) {
			if m, err := advise.ParseVersion(v); err == nil && m == minor {
				versions = append(versions, v)
			}
		}
	}
	for _, v := range versions {
		r, err := cachedTalos(ctx, v)
		if !errors.Is(err, adapters.ErrNotCached) {
			return r, err
		}
	}
	return nil, nil
}

// cachedTalos returns a version with each algorithm.
func cachedTalos(ctx context.Context, version string) (advise.Released, error) {
	r := advise.Released{}
	for g, name := range talosEntries {
		p, err := catalogue.Find(name + "@" + version)
		if err != nil {
			return nil, fmt.Errorf("find Talos itself: %w", err)
		}
		if r[g], err = (adapters.Builder{CachedOnly: true}).Selector(ctx, p, command.Options{}); err != nil {
			return nil, err
		}
	}
	return r, nil
}
