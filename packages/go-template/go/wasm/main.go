//go:build wasip1

// Command wasm is the engine as a WebAssembly module without imports of its own beyond WASI.
//
// A caller writes a request into the memory returned by reserve, calls accept, and then render for each template. render
// and functions return the length of their response, which starts at the address from response. There is one caller.
package main

import (
	"unsafe"

	"github.com/AliyunContainerService/ack-secret-manager/packages/go-template/go/engine"
)

var (
	received, result []byte
	asked            request
)

//go:wasmexport reserve
func reserve(size int32) unsafe.Pointer {
	received = make([]byte, size)
	return unsafe.Pointer(unsafe.SliceData(received))
}

//go:wasmexport accept
func accept() {
	asked = readRequest(received)
}

//go:wasmexport render
func render(template int32) int32 {
	output, failure := asked.session.Render(asked.templates[template])
	if failure == nil {
		result = text(number(nil, kindOutput), string(output))
	} else {
		result = writeFailure(failure, asked.verbose)
	}
	return int32(len(result))
}

//go:wasmexport functions
func functions() int32 {
	result = writeFunctions(engine.Functions())
	return int32(len(result))
}

//go:wasmexport response
func response() unsafe.Pointer {
	return unsafe.Pointer(unsafe.SliceData(result))
}

func main() {}
