// Package near guesses which word was meant.
package near
