package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/handshark/handshark"
	"github.com/handshark/handshark/internal/metrics"
	"github.com/handshark/handshark/report"
)

// TestAlertRules holds that the alert rules are YAML and name metrics that exist.
func TestAlertRules(t *testing.T) {
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr string
				For         string
				Labels      map[string]string
				Annotations map[string]string
			}
		}
	}
	d := yaml.NewDecoder(strings.NewReader(document(t, "docs/alerts.yml")))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	known, rules := exported(t), 0
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			rules++
			if r.Alert == "" || r.Annotations["summary"] == "" || r.Labels["severity"] == "" {
				t.Errorf("rule %q lacks a name, a summary or a severity", r.Alert)
			}
			checkMetrics(t, r.Alert, r.Expr, known)
		}
	}
	if rules == 0 {
		t.Error("no rule was found")
	}
}

// TestDashboard holds that the dashboard is JSON and names metrics that exist.
func TestDashboard(t *testing.T) {
	var dashboard struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal([]byte(document(t, "docs/grafana/handshark.json")), &dashboard); err != nil {
		t.Fatal(err)
	}
	known, shown := exported(t), ""
	for _, p := range dashboard.Panels {
		for _, target := range p.Targets {
			checkMetrics(t, p.Title, target.Expr, known)
			shown += target.Expr
		}
	}
	for _, name := range []string{"handshark_failures_total", "handshark_drops_total"} {
		if !strings.Contains(shown, name) {
			t.Errorf("the dashboard does not show %s", name)
		}
	}
}

// checkMetrics reports metrics and labels of an expression that are not exported.
func checkMetrics(t *testing.T, where, expr string, known map[string]string) {
	t.Helper()
	uses := regexp.MustCompile(`(handshark_[a-z_]+)(?:\{([^}]*)\})?`).FindAllStringSubmatch(expr, -1)
	if len(uses) == 0 {
		t.Errorf("%s: no metric of handshark in %q", where, expr)
	}
	for _, use := range uses {
		labels, ok := known[use[1]]
		if !ok {
			t.Errorf("%s: %s is not exported", where, use[1])
		}
		for _, label := range regexp.MustCompile(`(\w+)(?:=|!=|=~|!~)"`).FindAllStringSubmatch(use[2], -1) {
			if label[1] != "instance" && !strings.Contains(labels, label[1]+"=") {
				t.Errorf("%s: %s has no label %s", where, use[1], label[1])
			}
		}
	}
}

// exported scrapes an exporter in which each metric has a value: names, and the
// labels of one of their values.
func exported(t *testing.T) map[string]string {
	t.Helper()
	m, ms := metrics.New(), 1.5
	m.Record(&report.Record{Handshake: &report.Handshake{
		Outcome: "rejected", WebSocket: "yes", Server: "192.0.2.2:80",
		RootCause: &report.RootCause{Rule: "response-403"}, Inconclusive: []report.Inconclusive{{Because: "gap"}},
		Timing: report.Timing{Response: &ms, Connect: &ms},
	}})
	m.Status(&handshark.Status{NotJudged: []report.NotJudged{{Because: "tls", Conversations: 1}}})
	s, err := m.Listen(":0")
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	r, err := http.Get("http://" + s.Addr() + "/metrics")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]string{}
	for _, use := range regexp.MustCompile(`(?m)^(handshark_[a-z_]+)(?:\{(.*)\})? `).FindAllStringSubmatch(string(body), -1) {
		known[use[1]] = use[2]
	}
	return known
}

// TestManifests holds that each container runs without root and with NET_RAW alone.
func TestManifests(t *testing.T) {
	files := []string{"deploy/daemonset.yaml", "deploy/sidecar.yaml", "deploy/ephemeral.json"}
	for _, name := range files {
		found := 0
		d := yaml.NewDecoder(strings.NewReader(document(t, name))) // JSON is YAML
		for {
			var node any
			if err := d.Decode(&node); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			eachContainer(node, func(c map[string]any) {
				found++
				checkContainer(t, name, c)
			})
		}
		if found != 1 {
			t.Errorf("%s: %d containers; want 1", name, found)
		}
	}
}

// eachContainer finds whatever has an image.
func eachContainer(node any, f func(map[string]any)) {
	switch n := node.(type) {
	case map[string]any:
		if _, ok := n["image"]; ok {
			f(n)
			return
		}
		for _, child := range n {
			eachContainer(child, f)
		}
	case []any:
		for _, child := range n {
			eachContainer(child, f)
		}
	}
}

func checkContainer(t *testing.T, name string, c map[string]any) {
	t.Helper()
	const want = "map[drop:[ALL] add:[NET_RAW]]"
	s, _ := c["securityContext"].(map[string]any)
	caps, _ := s["capabilities"].(map[string]any)
	if got := fmt.Sprintf("map[drop:%v add:%v]", caps["drop"], caps["add"]); got != want {
		t.Errorf("%s: capabilities %s; want %s", name, got, want)
	}
	if s["runAsNonRoot"] != true || s["readOnlyRootFilesystem"] != true || s["privileged"] != nil {
		t.Errorf("%s: %v; want no root and a read-only file system", name, s)
	}
	var words []string
	for _, a := range c["args"].([]any) {
		words = append(words, fmt.Sprint(a))
	}
	p := newProgram(handshark.Analyze)
	cmd, rest, err := p.root().Find(words)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if err := cmd.ParseFlags(rest); err != nil || cmd.Name() != "live" {
		t.Errorf("%s: %v: %v", name, words, err)
	}
}

// TestRunbookLinks holds that links lead somewhere.
func TestRunbookLinks(t *testing.T) {
	names, _ := filepath.Glob("../../docs/runbooks/*.md")
	for _, name := range append(names, "../../deploy/README.md") {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, link := range regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`).FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(name), link[1])); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, rule := range regexp.MustCompile("(?m)^\\| `(.*)` \\|").FindAllStringSubmatch(string(text), -1) {
			for _, id := range strings.Split(rule[1], "`, `") {
				if _, err := os.Stat("../../docs/rules/" + id + ".md"); err != nil && strings.Contains(id, "-") {
					t.Errorf("%s: no rule %s", name, id)
				}
			}
		}
	}
}

func document(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../..", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
