# Everything a person does here, by name. Each target is one plain command; CI runs the same ones.
SHELL := bash
.DEFAULT_GOAL := help

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: ## install what is missing, build, and open the app (without a display: serve the page and print its address)
	@scripts/run

.PHONY: build
build: ## build the desktop app into build/bin
	@scripts/setup page window && scripts/build window

.PHONY: test
test: ## every check and test there is
	@scripts/test

.PHONY: test-go test-page test-ears test-office test-window test-build
test-go: ## Go tests with the race detector
	@scripts/test go
test-page: ## the page's checks, unit tests and build
	@scripts/test page
test-ears: ## real browsers in a real room, heard by FFT
	@scripts/test ears
test-office: ## several computers on one LAN, in network namespaces
	@scripts/test office
test-window: ## the real window under Xvfb
	@scripts/test window
test-build: ## builds of a clean clone, Windows and macOS
	@scripts/test build

.PHONY: ears-matrix
ears-matrix: ## the long files of real ears, and all of them with the pages' voices as in the window on Linux
	@scripts/test matrix

.PHONY: lint
lint: ## lint and format checks of Go, scripts and page
	@scripts/test lint

.PHONY: format
format: ## format Go, the page and the tests
	@scripts/format

.PHONY: bench
bench: ## measure joining, discovery, loss, and the SFU beside another (docs/BENCHMARKS.md)
	@scripts/bench

.PHONY: soak
soak: ## an hour of people coming, talking, leaving and crashing; everything they hear is checked
	@scripts/soak

.PHONY: release
release: ## build all that is given away into build/release, twice to see that it is the same, with its SBOM and checksums
	@scripts/release

.PHONY: fuzz
fuzz: ## feed every parser what it does not expect, a minute each
	@scripts/fuzz

.PHONY: siege
siege: ## floods of a room's port, twenty seconds each, while two people talk
	@EARSHOT_FLOOD_FOR=20s go test -count=1 -run TestBadInput_06 -v -timeout 30m ./test/siege

.PHONY: shots
shots: ## make the pictures of the README from the real app, and of every screen into build/shots
	@scripts/shots

.PHONY: setup
setup: ## only install what building and testing need
	@scripts/setup page window test

.PHONY: clean
clean: ## remove what was built (not what was installed)
	rm -rf build/bin test/artifacts .tools
	find frontend/dist -mindepth 1 -not -name .gitkeep -delete
