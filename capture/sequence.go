package capture

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// JoinMode says which files make up one capture.
type JoinMode uint8

const (
	// JoinAuto joins files whose times do not overlap: they are one capture in
	// pieces, and a connection may cross them. Files that overlap are separate
	// vantage points.
	JoinAuto JoinMode = iota
	// JoinAll merges all files by packet time.
	JoinAll
	// JoinNone keeps every file apart.
	JoinNone
)

// Order is how a Group reads its files.
type Order uint8

const (
	// InSequence reads one file after the other.
	InSequence Order = iota
	// ByTime merges the packets by their time; ties go by the order of the files.
	ByTime
)

// Group is a set of files that is read as one capture.
type Group struct {
	Files []File // in reading order
	Order Order
}

// File is a capture file of a run.
type File struct {
	Name  string
	Index uint32 // in the run's list; Ref.Capture of its packets
}

const (
	second = 1_000_000_000
	// ringOverlap is how long two files of a ring buffer may overlap, in
	// nanoseconds: a packet may be written after a later one of another queue.
	ringOverlap = 2 * second
	// ringShare is the share of the shorter file that they may overlap at most;
	// two short captures of one handshake are vantage points, not pieces.
	ringShare = 10
)

// Plan groups files, which are numbered in their order here. Groups come in the
// order of their first files. Standard input and what is not a regular file are
// each a group of its own, so is a file that cannot be read or has no packets:
// OpenGroup says what is wrong with it.
func Plan(files []string, mode JoinMode, o OpenOptions) []Group {
	var alone []Group
	var regular []File
	for i, name := range files {
		f := File{Name: name, Index: uint32(i)}
		if mode == JoinNone || !isRegular(name) {
			alone = append(alone, Group{Files: []File{f}})
			continue
		}
		regular = append(regular, f)
	}
	groups := append(alone, joined(regular, mode, o)...)
	slices.SortFunc(groups, func(a, b Group) int { return cmp.Compare(a.first(), b.first()) })
	return groups
}

// first gives the lowest file number of g.
func (g Group) first() uint32 {
	lowest := g.Files[0].Index
	for _, f := range g.Files[1:] {
		lowest = min(lowest, f.Index)
	}
	return lowest
}

func isRegular(name string) bool {
	st, err := os.Stat(name)
	return err == nil && st.Mode().IsRegular()
}

func joined(files []File, mode JoinMode, o OpenOptions) []Group {
	switch {
	case len(files) == 0:
		return nil
	case len(files) == 1:
		return []Group{{Files: files}}
	case mode == JoinAll:
		return []Group{{Files: files, Order: ByTime}}
	}
	var groups []Group
	var timed []piece
	for _, f := range files {
		if p, ok := measure(f, o); ok {
			timed = append(timed, p)
			continue
		}
		groups = append(groups, Group{Files: []File{f}})
	}
	return append(groups, sequences(timed)...)
}

// piece is a file with the times that it covers.
type piece struct {
	File
	first, last int64
}

// sequences joins all pieces if no two overlap. Else it tries the same with the
// pieces that have a name in common, as ring buffers of two hosts do.
func sequences(all []piece) []Group {
	if len(all) == 0 {
		return nil
	}
	if g, ok := sequence(all); ok {
		return []Group{g}
	}
	var groups []Group
	for _, family := range families(all) {
		if g, ok := sequence(family); ok {
			groups = append(groups, g)
			continue
		}
		for _, p := range family {
			groups = append(groups, Group{Files: []File{p.File}})
		}
	}
	return groups
}

// sequence orders pieces by time and reports whether none overlaps the next.
func sequence(pieces []piece) (Group, bool) {
	byTime := slices.Clone(pieces)
	slices.SortStableFunc(byTime, func(a, b piece) int { return cmp.Compare(a.first, b.first) })
	var g Group
	for i, p := range byTime {
		if i > 0 && !byTime[i-1].before(p) {
			return Group{}, false
		}
		g.Files = append(g.Files, p.File)
	}
	return g, true
}

// before reports whether q continues p.
func (p piece) before(q piece) bool {
	if p.first == q.first {
		return false
	}
	shorter := min(p.last-p.first, q.last-q.first)
	return p.last-q.first <= min(ringOverlap, shorter/ringShare)
}

// families groups pieces by directory and name without digits, in the order of
// their first members.
func families(all []piece) [][]piece {
	var list [][]piece
	index := map[string]int{}
	for _, p := range all {
		key := family(p.Name)
		i, ok := index[key]
		if !ok {
			i = len(list)
			index[key] = i
			list = append(list, nil)
		}
		list[i] = append(list[i], p)
	}
	return list
}

func family(name string) string {
	withoutDigits := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, filepath.Base(name))
	return filepath.Dir(name) + "/" + withoutDigits
}
