package workingcopy

import (
	"fmt"
	"math/rand/v2"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/cairngeo/cairn/federation/stamp"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// state reads "a=1 d d/b=2": files with hashes, and folders.
func state(text string) stamp.Stamp {
	var entries []stamp.Entry
	for _, field := range strings.Fields(text) {
		p, hash, _ := strings.Cut(field, "=")
		entries = append(entries, stamp.Entry{Path: strings.Trim(p, "'"), Hash: hash})
	}
	return stamp.New(entries, nil)
}

func text(entries []stamp.Entry) string {
	var fields []string
	for _, e := range entries {
		fields = append(fields, strings.TrimSuffix(e.Path+"="+e.Hash, "="))
	}
	return strings.Join(fields, " ")
}

func conflictsOf(p plan) string {
	var fields []string
	for _, c := range p.conflicts {
		fields = append(fields, fmt.Sprintf("%s:%s|%s", c.Path, c.Ours, c.Theirs))
	}
	return strings.Join(fields, " ")
}

func TestMerge(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]struct{ base, ours, theirs, removes, puts, conflicts string }{
		"nothing":                        {"a=1", "a=1", "a=1", "", "", ""},
		"they add":                       {"a=1", "a=1", "a=1 d d/b=2", "", "d d/b=2", ""},
		"they change":                    {"a=1", "a=1", "a=2", "", "a=2", ""},
		"they remove":                    {"a=1 d d/b=2", "a=1 d d/b=2", "a=1", "d/b=2 d", "", ""},
		"we change":                      {"a=1 b=1", "a=2 c=3", "a=1 b=1", "", "", ""},
		"both do the same":               {"a=1 b=1", "a=2 c=3", "a=2 c=3", "", "", ""},
		"both change":                    {"a=1", "a=2", "a=3", "", "a=3", "a:2|3"},
		"both add":                       {"", "a=2", "a=3", "", "a=3", "a:2|3"},
		"we change, they remove":         {"a=1", "a=2", "", "a=2", "", "a:2|"},
		"we remove, they change":         {"a=1", "", "a=2", "", "a=2", "a:|2"},
		"never the same":                 {"", "a=1 b=2", "a=1 c=3", "", "c=3", ""},
		"a file becomes a folder":        {"x=1", "x=1", "x x/y=2", "x=1", "x x/y=2", ""},
		"a folder becomes a file":        {"x x/y=2", "x x/y=2", "x=1", "x/y=2 x", "x=1", ""},
		"we add where they make a file":  {"x x/y=2", "x x/y=2 x/z=3", "x=1", "x/z=3 x/y=2 x", "x=1", "x:folder|1"},
		"we make a file where they add":  {"", "x=1", "x/y=2", "x=1", "x/y=2", "x:1|"},
		"we add, they make a file there": {"", "x/y=2", "x=1", "x/y=2", "x=1", "x:|1"},
		"we add to a folder they remove": {"d d/a=1", "d d/a=1 d/b=2", "", "d/a=1 d", "", ""},
		"the empty path comes":           {"", "", "''", "", "", ""},
		"the empty path goes":            {"'' a=1", "'' a=1", "a=1", "", "", ""},
	} {
		p := merge(state(v.base), state(v.ours), state(v.theirs), Neither)
		assert.Equal(t, v.conflicts, conflictsOf(p), name)
		p = merge(state(v.base), state(v.ours), state(v.theirs), Theirs)
		assert.Empty(t, p.conflicts, name)
		if !strings.Contains(name, "empty path") {
			assert.Equal(t, v.removes, text(p.removes), name)
			assert.Equal(t, v.puts, text(p.puts), name)
		}
	}
	p := merge(state("'' a=1"), state("'' a=1"), state("a=1"), Neither)
	assert.Equal(t, []stamp.Entry{{}}, p.removes)
	p = merge(state(""), state(""), state("''"), Neither)
	assert.Equal(t, []stamp.Entry{{}}, p.puts)
}

func TestKeepingOursLeavesWhatWeChanged(t *testing.T) {
	t.Parallel()
	p := merge(state("a=1 b=1 c=1"), state("a=2 c=2 x=1"), state("a=3 b=3 n=5 x/y=2"), Ours)
	assert.Empty(t, p.removes)
	assert.Equal(t, "n=5", text(p.puts))
	assert.Empty(t, p.conflicts)
}

// Whatever the states are: the result can lie in a folder, and if only one side
// changed it is as that side has it.
func TestMergeOfAnything(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 2))
	tree := func() stamp.Stamp {
		var fields []string
		files := map[string]bool{}
		for _, p := range []string{"a", "b", "d", "d/a", "d/b", "d/e", "d/e/f"} {
			above := path.Dir(p)
			if files[above] || files[path.Dir(above)] {
				continue
			}
			switch random.IntN(4) {
			case 0:
				fields = append(fields, p)
			case 1:
				fields = append(fields, p+"=1")
				files[p] = true
			case 2:
				fields = append(fields, p+"=2")
				files[p] = true
			}
		}
		return state(strings.Join(fields, " "))
	}
	for range 20_000 {
		base, ours, theirs := tree(), tree(), tree()
		says := fmt.Sprintf("base %s, ours %s, theirs %s", text(base.Entries), text(ours.Entries), text(theirs.Entries))
		for _, keep := range []Keep{Neither, Ours, Theirs} {
			p := merge(base, ours, theirs, keep)
			if keep == Neither && len(p.conflicts) > 0 {
				continue
			}
			require.Empty(t, p.conflicts, says)
			result := applied(ours, p)
			for at := range result {
				for above := path.Dir(at); above != "."; above = path.Dir(above) {
					require.Empty(t, result[above].Hash, "%s of %s", at, says)
				}
			}
			if text(base.Entries) == text(ours.Entries) {
				require.Equal(t, text(theirs.Entries), resultText(result), says)
			}
			if text(base.Entries) == text(theirs.Entries) {
				require.Equal(t, text(ours.Entries), resultText(result), says)
			}
		}
	}
}

func applied(ours stamp.Stamp, p plan) map[string]side {
	result := sides(ours)
	for _, e := range p.removes {
		delete(result, e.Path)
	}
	for _, e := range p.puts {
		result[e.Path] = side{e, true}
	}
	return result
}

func resultText(result map[string]side) string {
	var entries []stamp.Entry
	for _, s := range result {
		entries = append(entries, s.Entry)
	}
	slices.SortFunc(entries, func(a, b stamp.Entry) int { return strings.Compare(a.Path, b.Path) })
	return text(entries)
}
