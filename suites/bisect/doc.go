// Package bisect searches the versions of a selector for the one that turned it
// from good to bad, or from bad to good, and steps over versions that cannot be
// tested.
package bisect
