# shellcheck shell=bash
# Shared by the scripts beside it; source it first. It moves to the root of the checkout.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

stamps=.tools/stamps
export wails_tags=webkit2_41

say() { printf '%s\n' "$*"; }
note() { printf '  %s\n' "$*"; }
die() {
	printf 'earshot: %s\n' "$*" >&2
	exit 1
}

# as_root CMD...: runs it as root, through sudo where we are not.
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "needs root to install packages: run it as root, or install sudo"
	fi
}

# fresh STAMP KEY: true when the work that STAMP stands for was last done for this KEY.
fresh() { [ -f "$stamps/$1" ] && [ "$(cat "$stamps/$1")" = "$2" ]; }
stamp() {
	mkdir -p "$stamps"
	printf '%s\n' "$2" >"$stamps/$1"
}

# newer_than FILE PATH...: true when FILE is missing, or anything under the paths was changed or removed after it was made.
# Directories count, because removing a file changes nothing else.
newer_than() {
	local file=$1
	shift
	[ ! -e "$file" ] || [ -n "$(find "$@" -newer "$file" -not -name node_modules -print -quit 2>/dev/null)" ]
}

# npm_ready DIR [OPTION...]: installs DIR/node_modules exactly as its lockfile says, once for each lockfile and Node version.
npm_ready() {
	local key
	key="$(git hash-object "$1/package-lock.json") $(node --version)"
	if [ -d "$1/node_modules" ] && fresh "npm-${1//\//-}" "$key"; then return; fi
	note "npm ci in $1"
	(cd "$1" && npm ci --no-audit --no-fund --loglevel=error "${@:2}")
	stamp "npm-${1//\//-}" "$key"
}

wails() { go tool -modfile=tools/wails/go.mod wails "$@"; }
golangci_lint() { go tool -modfile=tools/lint/go.mod golangci-lint "$@"; }

has_display() { [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; }
