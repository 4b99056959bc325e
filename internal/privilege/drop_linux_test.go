package privilege

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// child names, in the environment, what a copy of the test program is to do.
const child = "PRIVILEGE_TEST_CHILD"

func TestMain(m *testing.M) {
	if what := os.Getenv(child); what != "" {
		fmt.Print(dropped(what))
		return
	}
	os.Exit(m.Run())
}

// dropped gives up what it has, on several threads, and says what is left.
func dropped(what string) string {
	for range 4 { // threads that exist before
		go func() { runtime.LockOSThread(); select {} }()
	}
	if err := Drop(&Account{Name: "somebody", UID: 54321, GID: 54322, Groups: []int{54323}}, what == "keep"); err != nil {
		return "error: " + err.Error()
	}
	var said []string
	if _, err := os.ReadFile("/etc/shadow"); err == nil {
		said = append(said, "reads secrets")
	}
	if unix.Setuid(0) == nil {
		said = append(said, "is root again")
	}
	if fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0); err == nil {
		unix.Close(fd)
		said = append(said, "opens packet sockets")
	}
	if Capture() {
		said = append(said, "says that it may capture")
	}
	tasks, _ := filepath.Glob("/proc/self/task/*/status")
	for _, task := range tasks {
		if text, err := os.ReadFile(task); err == nil && !strings.Contains(string(text), "Uid:\t54321\t54321\t54321\t54321\nGid:\t54322\t54322\t54322\t54322\n") {
			said = append(said, "a thread is somebody else")
		}
	}
	return strings.Join(said, ", ")
}

// TestDrop drops privileges in another process and looks at what it can still do.
func TestDrop(t *testing.T) {
	if os.Geteuid() != 0 || !Capture() {
		t.Skip("needs root with CAP_NET_RAW")
	}
	for what, want := range map[string]string{"drop": "", "keep": "opens packet sockets, says that it may capture"} {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), child+"="+what)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", what, err, out)
		}
		if got := string(out); got != want {
			t.Errorf("%s: the process %q; want %q", what, got, want)
		}
	}
}
