// Package golden holds what a test got against what was looked at before.
package golden
