// Package bisect searches for the version at which a selector turns from good to bad,
// or from bad to good. It steps over versions that cannot be tested.
package bisect
