module github.com/passtlab/passtlab/selector/adapters/etcd

go 1.26.0

require (
	github.com/passtlab/passtlab/selector/adapters/protocol v0.0.0
	go.etcd.io/etcd/pkg/v3 v3.7.3
)

require (
	go.etcd.io/etcd/client/pkg/v3 v3.7.3 // indirect
	go.uber.org/multierr v1.11.0 // indirect
	go.uber.org/zap v1.27.1 // indirect
	golang.org/x/sys v0.49.0 // indirect
)

replace github.com/passtlab/passtlab/selector/adapters/protocol => ../protocol
