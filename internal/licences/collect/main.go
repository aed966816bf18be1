// Collect writes the licences of what is shipped, licences.txt beside package licences: of the Go modules that the builds are made
// of, on each system, and of the npm packages whose code or data is in the page's bundle. A module without a licence, or with one that is not
// allowed, is an error. With -check it only says whether the file is up to date.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

const target = "internal/licences/licences.txt"

// kinds are the licences that may be shipped, each with a phrase of its text. All let a program be given away in binary form with
// their text beside it; whatever asks for more (GPL, AGPL, SSPL, MPL, non-commercial) is not here.
var kinds = []struct{ name, phrase string }{ //nolint:gochecknoglobals // a constant in all but type
	{"Apache-2.0", "Apache License Version 2.0"},
	{"OFL-1.1", "SIL OPEN FONT LICENSE"},
	{"BSD", "Redistribution and use in source and binary forms"},
	{"ISC", "Permission to use, copy, modify, and/or distribute this software for any purpose"},
	{"ISC", "Permission to use, copy, modify, and distribute this software for any purpose"},
	{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
}

// builds are the programs that are shipped.
var builds = []struct{ system, tags string }{ //nolint:gochecknoglobals // a constant in all but type
	{"linux", "headless"}, {"linux", "desktop,production,webkit2_41"}, {"windows", "desktop,production"}, {"darwin", "desktop,production"},
}

// bundled are the packages of frontend/node_modules that reach the user.
var bundled = []string{ //nolint:gochecknoglobals // a constant in all but type
	"svelte", "esm-env", "clsx", "@fontsource-variable/figtree", "@ennuicastr/webrtcaec3.js", "@evan/opus", "@shiguredo/rnnoise-wasm",
}

type part struct{ name, dir string }

func main() {
	check := flag.Bool("check", false, "only check that the file is up to date")
	flag.Parse()
	text, err := collect()
	if err == nil && *check {
		var now []byte
		if now, err = os.ReadFile(target); err == nil && string(now) != text {
			err = fmt.Errorf("%s is out of date: run scripts/licences", target)
		}
	} else if err == nil {
		err = os.WriteFile(target, []byte(text), 0o644) //nolint:gosec // part of the checkout
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

func collect() (string, error) {
	parts, err := modules()
	if err != nil {
		return "", err
	}
	for _, name := range bundled {
		dir := filepath.Join("frontend/node_modules", filepath.FromSlash(name))
		manifest, err := os.ReadFile(filepath.Join(dir, "package.json"))
		if err != nil {
			return "", err
		}
		version := regexp.MustCompile(`"version":\s*"([^"]+)"`).FindSubmatch(manifest)
		if version == nil {
			return "", fmt.Errorf("%s has no version", name)
		}
		parts = append(parts, part{name + " " + string(version[1]), dir})
	}
	texts := make(map[string][]string) // licence to the parts under it
	for _, p := range parts {
		found, err := licencesIn(p)
		if err != nil {
			return "", err
		}
		texts[found] = append(texts[found], p.name)
	}
	var b strings.Builder
	b.WriteString("Earshot is made of these parts. Each licence stands below the names of what is under it.\n")
	order := slices.SortedFunc(maps.Keys(texts), func(x, y string) int { return cmp.Compare(texts[x][0], texts[y][0]) })
	for _, text := range order {
		fmt.Fprintf(&b, "\n%s\n%s\n%s\n\n%s\n", strings.Repeat("=", 72), strings.Join(texts[text], "\n"), strings.Repeat("-", 72), text)
	}
	return b.String(), nil
}

// modules returns the modules that any of the builds has code of, and Go itself.
func modules() ([]part, error) {
	found := make(map[string]string)
	for _, build := range builds {
		c := exec.CommandContext(context.Background(), "go", "list", "-deps", "-tags", build.tags, "-f", `{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}}	{{.Dir}}{{end}}{{end}}`, ".")
		c.Env = append(os.Environ(), "GOOS="+build.system, "GOARCH=amd64", "CGO_ENABLED=1")
		c.Stderr = os.Stderr
		out, err := c.Output()
		if err != nil {
			return nil, fmt.Errorf("list %s: %w", build.system, err)
		}
		for line := range strings.Lines(string(out)) {
			if name, dir, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				found[name] = dir
			}
		}
	}
	root, err := exec.CommandContext(context.Background(), "go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("find Go: %w", err)
	}
	parts := []part{{"Go's standard library", strings.TrimSpace(string(root))}}
	for _, name := range slices.Sorted(maps.Keys(found)) {
		parts = append(parts, part{name, found[name]})
	}
	return parts, nil
}

var (
	fileName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|third.?party)[^/]*$`)
	spaces   = regexp.MustCompile(`[\s*/#]+`)
)

// licencesIn returns the licence texts of a part, which must be of kinds that are allowed.
func licencesIn(p part) (string, error) {
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		return "", err
	}
	var texts, named []string
	for _, e := range entries {
		if e.IsDir() || !fileName.MatchString(e.Name()) || strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		b, err := os.ReadFile(filepath.Join(p.dir, e.Name()))
		if err != nil {
			return "", err
		}
		text := strings.TrimSpace(strings.ReplaceAll(string(b), "\r\n", "\n"))
		texts = append(texts, text)
		flat := strings.ToLower(spaces.ReplaceAllString(text, " "))
		if strings.Contains(flat, "general public license") && !strings.Contains(flat, "apache license") {
			return "", fmt.Errorf("%s: %s is a GPL", p.name, e.Name())
		}
		for _, k := range kinds {
			if strings.Contains(flat, strings.ToLower(k.phrase)) {
				named = append(named, k.name)
			}
		}
	}
	if len(named) == 0 {
		return "", fmt.Errorf("%s: no licence that may be shipped was found in %s", p.name, p.dir)
	}
	return strings.Join(texts, "\n\n"), nil
}
