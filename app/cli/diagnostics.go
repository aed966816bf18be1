package cli

import (
	"os"
	"time"

	"github.com/spf13/cobra"
)

type diagnosticsFlags struct {
	wait time.Duration
	out  string
}

func (r *runner) diagnostics() *cobra.Command {
	var f diagnosticsFlags
	cmd := &cobra.Command{
		Use:   "diagnostics",
		Short: "Print what whoever helps you wants to know, without names and addresses",
		Long: `Print what whoever helps you wants to know: versions, settings, what the doctor says, and the recent log of the app.

Names, addresses, links and keys are taken out. Read it before you give it away.`,
		Args: cobra.NoArgs,
		RunE: r.run(func(cmd *cobra.Command, _ []string) error {
			if f.wait <= 0 {
				return usagef("--wait %v: want more than 0", f.wait)
			}
			out := r.output(false)
			out.progress("Looking at this computer and its networks, %v …", f.wait)
			report, err := r.look(cmd.Context(), f.wait)
			if err != nil {
				return err
			}
			_, text := r.Diagnose(r.setup().ConfigDir, &report)
			if f.out == "" {
				out.say("%s", text)
				return out.failed()
			}
			// Never over a file that is there: it may be the one that somebody still needs.
			file, err := os.OpenFile(f.out, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
			if err != nil {
				return err
			}
			if _, err = file.WriteString(text); err != nil {
				_ = file.Close()
				return err
			}
			return file.Close()
		}),
	}
	cmd.Flags().DurationVar(&f.wait, "wait", 3*time.Second, "how `long` to listen to the network")
	cmd.Flags().StringVar(&f.out, "out", "", "write to a new `file` instead")
	return cmd
}
