package media

import "github.com/earshot/earshot/internal/filename"

// maxNamePart bounds each of the two parts of a file name, in bytes; file systems take 255 for the whole.
const maxNamePart = 100

// fileName returns NAME-ID for a talker.
func fileName(t Talker) string {
	return filename.NoDevice(filename.Part(t.Name, "participant", maxNamePart) + "-" + filename.Part(t.ID, "0", maxNamePart))
}
