package login

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/earshot/earshot/internal/keptfile"
)

const possible = true

func path() (string, error) {
	home, err := os.UserHomeDir()
	return filepath.Join(home, "Library", "LaunchAgents", "org.earshot.earshot.plist"), err
}

func write(program string) error {
	file, err := path()
	if err != nil {
		return err
	}
	var escaped bytes.Buffer
	if err := xml.EscapeText(&escaped, []byte(program)); err != nil {
		return err
	}
	return keptfile.Write(file, []byte(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0"><dict>
<key>Label</key><string>org.earshot.earshot</string>
<key>ProgramArguments</key><array><string>`+escaped.String()+`</string><string>`+minimised+`</string></array>
<key>RunAtLoad</key><true/>
</dict></plist>
`))
}

func remove() error {
	file, err := path()
	if err != nil {
		return err
	}
	if err := os.Remove(file); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
