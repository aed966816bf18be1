//go:build !headless && !(linux && (production || dev) && !bindings)

package app

// allowMicrophone does nothing: the systems' own web views ask the user, or the system does.
func allowMicrophone() {}
