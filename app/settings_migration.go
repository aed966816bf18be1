package app

import (
	"encoding/json"
	"fmt"
)

// migration brings a settings file from one version to the next, in place. It may meet anything that is JSON.
type migration func(file map[string]json.RawMessage) error

// migrations has the way from version 1 to 2 first. Whoever changes what a field means or is called adds one and a file of the
// version before to testdata/settings; a new field with a default needs none.
var migrations []migration //nolint:gochecknoglobals // a constant in all but type

// settingsVersion is the form of the file that this app writes.
var settingsVersion = 1 + len(migrations) //nolint:gochecknoglobals // a constant in all but type

// upgraded returns a settings file in the form of this app. A file without a version, as somebody may write by hand, is taken to be
// of this one. A newer one is an error: guessing at it could lose what the newer app wrote.
func upgraded(file map[string]json.RawMessage, migrations []migration) (map[string]json.RawMessage, error) {
	newest := 1 + len(migrations)
	version := newest
	if v, ok := file["version"]; ok {
		if err := json.Unmarshal(v, &version); err != nil {
			return nil, fmt.Errorf("version: %w", err)
		}
	}
	if version < 1 || version > newest {
		return nil, fmt.Errorf("version %d, this app writes %d", version, newest)
	}
	for ; version < newest; version++ {
		if err := migrations[version-1](file); err != nil {
			return nil, fmt.Errorf("from version %d: %w", version, err)
		}
	}
	return file, nil
}
