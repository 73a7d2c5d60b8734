module github.com/passtlab/passtlab/selector/adapters/protocol

go 1.26.0
