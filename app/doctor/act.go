package doctor

import "github.com/earshot/earshot/sfu/signal"

// Act does what a finding offers. It takes no text from outside: each action is one fixed command of the system. Errors:
// CodeUnsupported where the system has none, or the page does it itself.
func Act(action Action) error {
	return signal.Problemf(signal.CodeUnsupported, "%.32q", action)
}
