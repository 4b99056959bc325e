package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"github.com/handshark/handshark/report"
	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/rules/catalogue"
)

func (p *program) rulesCommand() *cobra.Command {
	format, width := "", 0
	cmd := &cobra.Command{
		Use: "rules", Short: "List all rules", Args: exactly(0, "no arguments"),
		RunE: func(*cobra.Command, []string) error { return p.listRules(format, width) },
	}
	cmd.Flags().StringVar(&format, "format", "table", "table|json|markdown")
	cmd.Flags().IntVar(&width, "width", 0, "columns of the table (default: those of the terminal, else 80)")
	completeValues(cmd, "format", "table|json|markdown")
	return cmd
}

func (p *program) listRules(format string, width int) error {
	all := catalogue.All()
	switch format {
	case "table":
		return p.ruleTable(all, width)
	case "json":
		return ruleJSON(p.stdout, all)
	case "markdown":
		_, err := io.WriteString(p.stdout, rules.Index(all))
		return err
	}
	return usageError{fmt.Errorf("--format %q is none of table|json|markdown", format)}
}

func (p *program) ruleTable(all []*rules.Rule, width int) error {
	columns, err := p.columns(width)
	if err != nil {
		return err
	}
	var rows [][]string
	for i, r := range all {
		if i == 0 || r.Family != all[i-1].Family {
			rows = append(rows, []string{r.Family.String(), ""})
		}
		rows = append(rows, []string{"  " + r.ID, r.Title})
	}
	return report.WriteList(p.stdout, columns, []string{"Rule", "Title"}, rows)
}

// ruleRecord is a rule as `rules --format json` lists it.
type ruleRecord struct {
	ID        string `json:"id"`
	Family    string `json:"family"`
	Title     string `json:"title"`
	Level     string `json:"level"`
	Reference string `json:"reference"`
}

func ruleJSON(w io.Writer, all []*rules.Rule) error {
	list := make([]ruleRecord, len(all))
	for i, r := range all {
		list[i] = ruleRecord{r.ID, r.Family.String(), r.Title, r.Level.String(), r.Reference}
	}
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(list)
}
