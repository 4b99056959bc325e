package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

// root gives the command tree.
func (p *program) root() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "handshark",
		Short: "Say why WebSocket handshakes in packet captures failed",
		Long: `handshark reads packet captures and says why WebSocket handshakes failed:
who caused it, which packets prove it, and what to change.

Exit codes: 0 nothing failed; 1 something did; 2 usage error, or input that is
damaged or could not be used; 130 interrupted.`,
		Example:       "  handshark analyze trace.pcapng\n  tcpdump -w - 'tcp port 80' | handshark analyze -\n  handshark explain proxy-stripped-upgrade",
		SilenceErrors: true, SilenceUsage: true,
		Args: func(_ *cobra.Command, args []string) error { return noCommand(args) },
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.SetUsageFunc(wrapped(cmd.UsageFunc()))
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	cmd.AddCommand(p.analyzeCommand(), p.liveCommand(), p.interfacesCommand(), p.explainCommand(), p.rulesCommand(), p.versionCommand())
	return cmd
}

// usageWidth is how many columns the descriptions of flags may fill.
const usageWidth = 80

// wrapped makes usage break the descriptions of flags. A template could do that,
// too, but would keep every exported method of the program in the binary.
func wrapped(usage func(*cobra.Command) error) func(*cobra.Command) error {
	return func(c *cobra.Command) error {
		out := c.OutOrStderr()
		var text strings.Builder
		c.SetOut(&text)
		err := usage(c)
		c.SetOut(out)
		flags := c.LocalFlags()
		wide, narrow := strings.TrimRight(flags.FlagUsages(), "\n"), strings.TrimRight(flags.FlagUsagesWrapped(usageWidth), "\n")
		_, _ = fmt.Fprint(out, strings.Replace(text.String(), wide, narrow, 1))
		return err
	}
}

// noCommand says what to do about a first argument that is no command.
func noCommand(args []string) error {
	if len(args) == 0 {
		return nil
	}
	if _, err := os.Stat(args[0]); err == nil || args[0] == "-" {
		return usageError{fmt.Errorf("%q is no command; to read it: handshark analyze %s", args[0], strings.Join(args, " "))}
	}
	return usageError{fmt.Errorf("unknown command %q", args[0])}
}

// exactly is cobra.ExactArgs as a usage error.
func exactly(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) != n {
			return usageError{fmt.Errorf("%s: want %s, got %d arguments", cmd.Name(), what, len(args))}
		}
		return nil
	}
}
