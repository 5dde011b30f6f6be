module github.com/ack-secret-manager/transform/testdata/go-regexp

go 1.24
