// Command gendocs writes the pages that are made from the rules: docs/rules/*.md,
// docs/root-cause.md and docs/client-errors.md. With -check it only tells whether they are up to date.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/handshark/handshark/rules"
	"github.com/handshark/handshark/rules/catalogue"
)

func main() {
	check := flag.Bool("check", false, "report pages that are out of date, write nothing")
	dir := flag.String("dir", "docs", "directory of the pages")
	flag.Parse()
	stale, err := run(*dir, *check)
	if err != nil {
		fmt.Fprintln(os.Stderr, "gendocs:", err)
		os.Exit(2)
	}
	for _, name := range stale {
		fmt.Println(name)
	}
	if *check && len(stale) > 0 {
		fmt.Fprintln(os.Stderr, "gendocs: pages out of date; run go run ./internal/cmd/gendocs")
		os.Exit(1)
	}
}

// pages gives every page by its path under the directory.
func pages(all []*rules.Rule) map[string]string {
	set := map[string]string{
		"root-cause.md":    rules.CausePage(),
		"client-errors.md": rules.ErrorPage(all),
		"rules/README.md":  rules.Index(all),
	}
	for _, r := range all {
		set["rules/"+r.ID+".md"] = rules.Page(r, all)
	}
	return set
}

// run writes the pages that differ and removes generated pages of rules that
// are gone, or only names them; the names come sorted.
func run(dir string, check bool) (stale []string, err error) {
	set := pages(catalogue.All())
	for name, text := range set {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if old, err := os.ReadFile(path); err == nil && string(old) == text {
			continue
		}
		stale = append(stale, path)
		if check {
			continue
		}
		if err := write(path, text); err != nil {
			return nil, err
		}
	}
	gone, err := leftovers(dir, set)
	if err == nil && !check {
		err = remove(gone)
	}
	stale = append(stale, gone...)
	slices.Sort(stale)
	return stale, err
}

func remove(paths []string) error {
	for _, path := range paths {
		if err := os.Remove(path); err != nil {
			return fmt.Errorf("remove page: %w", err)
		}
	}
	return nil
}

func write(path, text string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return fmt.Errorf("write page: %w", err)
	}
	return nil
}

// leftovers gives generated pages under dir/rules that belong to no rule.
func leftovers(dir string, set map[string]string) ([]string, error) {
	found, err := filepath.Glob(filepath.Join(dir, "rules", "*.md"))
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	var gone []string
	for _, path := range found {
		if _, ok := set["rules/"+filepath.Base(path)]; ok {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("read page: %w", err)
		}
		if strings.HasPrefix(string(text), rules.Generated) {
			gone = append(gone, path)
		}
	}
	return gone, nil
}
