// Command pick is a program that passtlab asks for an address.
//
//	pick lease|first
package main
