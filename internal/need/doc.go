// Package need skips tests on machines that lack what the tests need. If
// PASSTLAB_REQUIRE_ROOT is "1", as in CI, such a test fails, so that no machine
// passes without testing anything.
package need
