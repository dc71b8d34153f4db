package workingcopy

import (
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/federation/stamp"
)

// Keep says whose side stays where both changed.
type Keep int

// The sides.
const (
	Neither Keep = iota // it is a conflict
	Ours
	Theirs
)

// Conflict is what both sides changed since they were the same.
type Conflict struct {
	Path   string `json:"path"`
	Key    string `json:"key,omitempty"` // of metadata
	Ours   string `json:"ours"`          // a hash, the id of a record, "folder", or "" for nothing
	Theirs string `json:"theirs"`
}

// plan is what a pull does to the folder.
type plan struct {
	removes   []stamp.Entry // what is in folders before these
	puts      []stamp.Entry // folders before what is in them
	conflicts []Conflict
}

// side is the entry at a path in one of the states, if there is one.
type side struct {
	stamp.Entry
	there bool
}

func (s side) String() string {
	switch {
	case !s.there:
		return ""
	case s.Folder():
		return "folder"
	}
	return s.Hash
}

// states are the three that a merge compares: when both sides were the same
// last, and how they are now.
type states struct {
	base, ours, theirs map[string]side
	keep               Keep
}

// merge plans how what they changed comes to us.
func merge(base, ours, theirs stamp.Stamp, keep Keep) plan {
	s := states{sides(base), sides(ours), sides(theirs), keep}
	result, conflicts := s.each()
	conflicts = append(conflicts, s.untangle(result)...)
	p := plan{conflicts: conflicts}
	for at, our := range s.ours {
		if r := result[at]; !r.there || r.Folder() != our.Folder() {
			p.removes = append(p.removes, our.Entry)
		}
	}
	for at, r := range result {
		if r.there && r != s.ours[at] {
			p.puts = append(p.puts, r.Entry)
		}
	}
	slices.SortFunc(p.removes, func(a, b stamp.Entry) int { return strings.Compare(b.Path, a.Path) })
	slices.SortFunc(p.puts, func(a, b stamp.Entry) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(p.conflicts, func(a, b Conflict) int { return strings.Compare(a.Path, b.Path) })
	return p
}

// blocked returns an error if the plan is about something that was left out of
// the index, or below it: what that is nobody knows.
func (p plan) blocked(skipped []Skipped) error {
	why := map[string]string{}
	at := map[string]bool{} // what was left out, and the folders above
	for _, s := range skipped {
		why[s.Path], at[s.Path] = s.Why, true
		addAbove(at, s.Path)
	}
	for _, e := range slices.Concat(p.removes, p.puts) {
		for above := e.Path; above != "." && above != "" && len(why) > 0; above = path.Dir(above) {
			if reason, there := why[above]; there {
				return cairn.Errorf(cairn.Conflict, "The dataset changed %q, but here %q was left out: %s. Nothing was done. Move it away and pull again.", e.Path, above, reason)
			}
		}
	}
	for _, e := range p.puts {
		if !e.Folder() && at[e.Path] {
			return cairn.Errorf(cairn.Conflict, "%q is a file in the dataset, but here it is a folder with something in it that was left out. Nothing was done. Move that away and pull again.", e.Path)
		}
	}
	return nil
}

func sides(s stamp.Stamp) map[string]side {
	known := make(map[string]side, len(s.Entries))
	for _, e := range s.Entries {
		known[e.Path] = side{e, true}
	}
	return known
}

// each merges path by path.
func (s states) each() (result map[string]side, conflicts []Conflict) {
	result = maps.Clone(s.ours)
	changed := maps.Clone(s.base)
	maps.Copy(changed, s.theirs)
	for at := range changed {
		base, our, their := s.base[at], s.ours[at], s.theirs[at]
		switch {
		case their == base || their == our:
		case our == base || s.keep == Theirs:
			result[at] = their
		case s.keep == Neither:
			conflicts = append(conflicts, Conflict{Path: at, Ours: our.String(), Theirs: their.String()})
		}
	}
	return result, conflicts
}

// untangle takes care of paths that can't both be: a file of one side where the
// other one has something in a folder.
func (s states) untangle(result map[string]side) (conflicts []Conflict) {
	for _, at := range slices.Sorted(maps.Keys(result)) {
		if !result[at].there {
			continue
		}
		for above := path.Dir(at); above != "."; above = path.Dir(above) {
			file := result[above]
			if !file.there || file.Folder() {
				continue
			}
			mine := file == s.ours[above] // the file is ours, what is below it theirs
			switch {
			case s.keep == Neither:
				conflicts = append(conflicts, Conflict{Path: above, Ours: s.ours[above].String(), Theirs: s.theirs[above].String()})
			case mine == (s.keep == Ours):
				result[at] = side{}
			default:
				result[above] = side{}
			}
		}
	}
	return slices.Compact(conflicts)
}
