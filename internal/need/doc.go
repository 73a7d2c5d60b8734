// Package need lets tests say what they cannot do without.
//
// What is missing makes a test skip, with the reason. Where
// PASSTLAB_REQUIRE_ROOT is "1", as in CI, it makes the test fail instead, so
// that a machine without the right cannot pass by testing nothing.
package need
