// Package near finds the word that the user probably meant.
package near
