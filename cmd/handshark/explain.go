package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/rules/catalogue"
)

func (p *program) explainCommand() *cobra.Command {
	message := ""
	c := &cobra.Command{
		Use: "explain RULE | --error TEXT", Short: "Explain a rule: what is seen, why it fails, what to change",
		Args: func(c *cobra.Command, args []string) error {
			if message != "" {
				return exactly(0, "no rule beside --error")(c, args)
			}
			return exactly(1, "one rule")(c, args)
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if message != "" {
				return p.explainError(message)
			}
			return p.explain(args[0])
		},
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return ruleIDs(catalogue.All()), cobra.ShellCompDirectiveNoFileComp
		},
	}
	c.Flags().StringVar(&message, "error", "", "list the rules behind what a client printed")
	return c
}

// explainError lists what a client's message can mean; exit 1 if it is not known.
func (p *program) explainError(message string) error {
	route, ok := rules.RouteError(message, catalogue.All())
	if ok {
		_, err := io.WriteString(p.stdout, rules.ExplainError(route))
		return err
	}
	fmt.Fprintln(p.stderr, "handshark: no known client prints "+strconv.Quote(message))
	for _, near := range rules.NearErrors(message) {
		fmt.Fprintln(p.stderr, "handshark: like it: "+near)
	}
	p.code = exitFailed
	return nil
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
