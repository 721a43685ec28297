//go:build !linux

package interop

// labs says why there is no lab.
func labs() string { return "labs of network namespaces are Linux's" }
