//go:build !headless && bindings

package app

const build = generating
