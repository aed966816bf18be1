//go:build !headless && production

package app

const build = shipping
