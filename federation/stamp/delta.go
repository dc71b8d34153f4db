package stamp

import "slices"

// Delta is what must be done to a copy to make it equal to another one.
type Delta struct {
	Adds        []Entry // new and changed, by path
	Removes     []Entry // with the hash that goes, children before their folders
	MetaAdds    []string
	MetaRemoves []string
}

// Between returns what makes destination equal to source. A changed file is an
// add alone; what turns from a file into a folder is removed and added.
func Between(source, destination Stamp) Delta {
	from, to := hashes(source), hashes(destination)
	var d Delta
	for _, e := range source.Entries {
		if hash, there := to[e.Path]; !there || hash != e.Hash {
			d.Adds = append(d.Adds, e)
		}
	}
	for _, e := range destination.Entries {
		if hash, there := from[e.Path]; !there || (hash == "") != e.Folder() {
			d.Removes = append(d.Removes, e)
		}
	}
	slices.SortFunc(d.Removes, func(a, b Entry) int { return byPath(b, a) })
	d.MetaAdds = without(source.Meta, destination.Meta)
	d.MetaRemoves = without(destination.Meta, source.Meta)
	return d
}

func hashes(s Stamp) map[string]string {
	known := make(map[string]string, len(s.Entries))
	for _, e := range s.Entries {
		known[e.Path] = e.Hash
	}
	return known
}

func without(ids, others []string) (left []string) {
	known := make(map[string]bool, len(others))
	for _, id := range others {
		known[id] = true
	}
	for _, id := range ids {
		if !known[id] {
			left = append(left, id)
		}
	}
	return left
}
