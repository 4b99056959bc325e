package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/rules/catalogue"
)

func (p *program) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "explain RULE", Short: "Explain a rule: what is seen, why it fails, what to change",
		Args: exactly(1, "one rule"),
		RunE: func(_ *cobra.Command, args []string) error { return p.explain(args[0]) },
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return ruleIDs(catalogue.All()), cobra.ShellCompDirectiveNoFileComp
		},
	}
}

func (p *program) explain(id string) error {
	all := catalogue.All()
	for _, r := range all {
		if r.ID == id {
			_, err := io.WriteString(p.stdout, rules.Explain(r, all))
			return err
		}
	}
	hint := ""
	if near := rules.Near(id, all); len(near) > 0 {
		hint = "; like it: " + strings.Join(near, ", ")
	}
	return usageError{fmt.Errorf("explain: no rule %q%s", id, hint)}
}

func ruleIDs(all []*rules.Rule) []string {
	ids := make([]string, len(all))
	for i, r := range all {
		ids[i] = r.ID
	}
	return ids
}
