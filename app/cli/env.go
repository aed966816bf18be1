package cli

import (
	"fmt"

	"github.com/spf13/pflag"
)

// applyEnv sets the flags that were not given from the environment.
func (r *runner) applyEnv(flags *pflag.FlagSet) error {
	if r.LookupEnv == nil {
		return nil
	}
	var wrong error
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Changed || f.Name == "help" || f.Name == "version" {
			return
		}
		value, ok := r.LookupEnv(envName(f.Name))
		if !ok || value == "" {
			return
		}
		if err := flags.Set(f.Name, value); err != nil && wrong == nil {
			wrong = fmt.Errorf("%s=%q: %w", envName(f.Name), value, err)
		}
	})
	return wrong
}
