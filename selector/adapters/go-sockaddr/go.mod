module github.com/passtlab/passtlab/selector/adapters/go-sockaddr

go 1.26.0

require (
	github.com/hashicorp/go-sockaddr v1.0.7
	github.com/passtlab/passtlab/selector/adapters/protocol v0.0.0
)

require github.com/hashicorp/errwrap v1.1.0 // indirect

replace github.com/passtlab/passtlab/selector/adapters/protocol => ../protocol
