package cli

import (
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// roomTable lays rooms out in columns.
func roomTable(rooms []roomView) string {
	rows := [][]string{{"ROOM", "HOST", "PEOPLE", "ADDRESS", "ID"}}
	for _, r := range rooms {
		address := ""
		if len(r.Addresses) > 0 {
			address = r.Addresses[0]
		}
		rows = append(rows, []string{r.Name, r.Host, strconv.Itoa(r.Participants), address, r.ID})
	}
	widths := make([]int, len(rows[0]))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], columns(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		for i, cell := range row {
			b.WriteString(cell)
			if i < len(row)-1 {
				b.WriteString(strings.Repeat(" ", widths[i]-columns(cell)+2))
			}
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// columns returns how many columns of a terminal a text takes: Hangul, Han and most emoji two, combining marks none.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch kind := width.LookupRune(r).Kind(); {
		case unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf):
		case kind == width.EastAsianWide, kind == width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}

// plural returns "1 talker", "2 talkers".
func plural(n int, noun string) string {
	if n != 1 {
		noun += "s"
	}
	return strconv.Itoa(n) + " " + noun
}

// capital begins a sentence.
func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }
