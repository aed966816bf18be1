//go:build !headless && !bindings && !dev

package app

const build = shipping
