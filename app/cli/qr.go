package cli

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// quietZone is the light border that a QR code needs, in modules (ISO/IEC 18004 §6.3.8).
const quietZone = 4

// drawQR draws text as a QR code for a terminal, two rows of modules in a line of half blocks. Colours are set, because a dark
// terminal would turn it into a negative, which not every camera reads.
func drawQR(text string) (string, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return "", fmt.Errorf("draw QR code: %w", err)
	}
	const blackOnWhite, plain = "\x1b[30;47m", "\x1b[0m"
	var b strings.Builder
	for y := -quietZone; y < code.Size+quietZone; y += 2 {
		b.WriteString(blackOnWhite)
		for x := -quietZone; x < code.Size+quietZone; x++ {
			switch upper, lower := code.Black(x, y), code.Black(x, y+1); {
			case upper && lower:
				b.WriteRune('█')
			case upper:
				b.WriteRune('▀')
			case lower:
				b.WriteRune('▄')
			default:
				b.WriteRune(' ')
			}
		}
		b.WriteString(plain + "\n")
	}
	return strings.TrimSuffix(b.String(), "\n"), nil
}
