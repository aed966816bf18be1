//go:build !headless && !production && bindings

package app

const build = generating
