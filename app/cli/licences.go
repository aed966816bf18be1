package cli

import (
	"github.com/spf13/cobra"

	"github.com/earshot/earshot/internal/licences"
)

func (r *runner) licences() *cobra.Command {
	return &cobra.Command{
		Use:   "licences",
		Short: "Print the licences of everything that this program is made of",
		Args:  cobra.NoArgs,
		RunE: r.run(func(*cobra.Command, []string) error {
			out := r.output(false)
			out.say("%s", licences.Text)
			return out.failed()
		}),
	}
}
