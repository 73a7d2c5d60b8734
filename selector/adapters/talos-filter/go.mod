module github.com/passtlab/passtlab/selector/adapters/talos-filter

go 1.26.0

require (
	github.com/passtlab/passtlab v0.0.0
	github.com/passtlab/passtlab/selector/adapters/protocol v0.0.0
	github.com/siderolabs/net v0.4.0
)

replace github.com/passtlab/passtlab/selector/adapters/protocol => ../protocol

replace github.com/passtlab/passtlab => ../../..
