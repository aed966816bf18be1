package diagnostics

import (
	"fmt"

	"golang.org/x/sys/windows"
)

// systemName is the version of Windows; 11 is 10.0 from build 22000 on.
func systemName() string {
	v := windows.RtlGetVersion()
	return fmt.Sprintf("Windows %d.%d.%d", v.MajorVersion, v.MinorVersion, v.BuildNumber)
}
