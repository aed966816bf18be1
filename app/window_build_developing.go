//go:build !headless && !production && !bindings && dev

package app

const build = developing
