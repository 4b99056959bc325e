package diagnosis_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/handshark/handshark"

// ban is an import that some packages must not have, and why.
type ban struct {
	from   string   // package, or a pattern ending in "/..."
	not    []string // imports, or patterns
	except []string // packages below from that may
	why    string
}

func bans() []ban {
	stages := []string{"reassembly", "analyzer/...", "rules/...", "siblings", "report", "diagnosis", "cmd/..."}
	return []ban{
		{from: "capture", not: append([]string{"capture/..."}, stages...), why: "capture is the first stage"},
		{from: "capture/bpf", not: stages, why: "capture is the first stage"},
		{from: "reassembly", not: stages[1:], why: "a stage imports only stages to its left"},
		{from: "analyzer/http1", not: []string{"capture", "reassembly"}, why: "parsers take bytes only"},
		{from: "analyzer/frame", not: []string{"capture", "reassembly"}, why: "parsers take bytes only"},
		{from: "analyzer/http2", not: []string{"capture", "reassembly", "ext:golang.org/x/net/http2"}, why: "parsers take bytes only, and the Framer hides faults"},
		{from: "analyzer/tls", not: []string{"capture", "reassembly"}, why: "parsers take bytes only"},
		{from: "analyzer/field", not: []string{"capture", "reassembly"}, why: "parsers take bytes only"},
		{from: "analyzer/...", not: stages[2:], why: "a stage imports only stages to its left"},
		{from: "rules", not: []string{"rules/catalogue", "siblings", "report", "diagnosis", "cmd/...", "std:os", "std:net", "std:io/fs"}, why: "rules read no file and no network"},
		{from: "rules/catalogue", not: []string{"siblings", "report", "diagnosis", "cmd/...", "std:os", "std:net", "std:io/fs"}, why: "rules read no file and no network"},
		{from: "siblings", not: []string{"diagnosis", "cmd/..."}, why: "a stage imports only stages to its left"},
		{from: "report", not: []string{"rules/catalogue", "siblings", "diagnosis", "cmd/..."}, why: "the report knows verdicts, not single rules"},
		{from: "...", not: []string{"std:flag", "std:log"}, except: []string{"internal/cmd/..."}, why: "libraries have no flags and do not log"},
		{from: "...", not: []string{"ext:github.com/google/gopacket/..."}, except: []string{"capture", "capture/..."}, why: "gopacket stays inside capture"},
		{from: "...", not: []string{"std:net/http"}, except: []string{"internal/metrics"}, why: "net/http hides the faults that are looked for"},
	}
}

// TestImports holds the packages to the one direction of flow.
func TestImports(t *testing.T) {
	for pkg, imports := range listImports(t) {
		for _, b := range bans() {
			if !matches(b.from, pkg) || slices.ContainsFunc(b.except, func(e string) bool { return matches(e, pkg) }) {
				continue
			}
			for _, imp := range imports {
				if slices.ContainsFunc(b.not, func(n string) bool { return matchesImport(n, imp) }) {
					t.Errorf("%s imports %s: %s", pkg, imp, b.why)
				}
			}
		}
	}
}

// TestNoInit fails for packages that do something by merely being imported.
func TestNoInit(t *testing.T) {
	out, err := exec.Command("git", "grep", "-n", "-E", `^func init\(`, "--", ":/*.go").CombinedOutput()
	if err == nil {
		t.Errorf("init functions:\n%s", out)
	}
}

// listImports gives the direct imports of each package, by its path below the module.
func listImports(t *testing.T) map[string][]string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, module+"/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	all := map[string][]string{}
	for line := range strings.Lines(string(out)) {
		words := strings.Fields(line)
		all[strings.TrimPrefix(strings.TrimPrefix(words[0], module), "/")] = words[1:]
	}
	if len(all) < 10 {
		t.Fatalf("only %d packages listed", len(all))
	}
	return all
}

func matches(pattern, pkg string) bool {
	if base, ok := strings.CutSuffix(pattern, "..."); ok {
		return strings.HasPrefix(pkg+"/", base) && pkg+"/" != base || base == ""
	}
	return pattern == pkg
}

func matchesImport(pattern, imp string) bool {
	if std, ok := strings.CutPrefix(pattern, "std:"); ok {
		return imp == std
	}
	if ext, ok := strings.CutPrefix(pattern, "ext:"); ok {
		return matches(ext, imp) || imp == strings.TrimSuffix(ext, "/...")
	}
	below, ok := strings.CutPrefix(imp, module+"/")
	return ok && matches(pattern, below)
}
