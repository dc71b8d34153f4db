package cluster

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// install lays out a PostgreSQL as Debian does below root, and returns the
// folder of its programs.
func install(t *testing.T, root string, major int, postgis bool) string {
	t.Helper()
	bin := filepath.Join(root, fmt.Sprintf("lib/postgresql/%d/bin", major))
	require.NoError(t, os.MkdirAll(bin, 0o755))
	script := fmt.Sprintf("#!/bin/sh\necho 'postgres (PostgreSQL) %d.4 (Debian %d.4-1)'\n", major, major)
	for _, program := range []string{"postgres", "initdb"} {
		require.NoError(t, os.WriteFile(filepath.Join(bin, program), []byte(script), 0o755))
	}
	if postgis {
		place(t, filepath.Join(root, fmt.Sprintf("share/postgresql/%d/extension/postgis.control", major)), "")
	}
	return bin
}

func TestTheFittingPostgreSQLIsChosen(t *testing.T) {
	t.Parallel()
	type have struct {
		major   int
		postgis bool
	}
	for name, test := range map[string]struct {
		have  []have
		made  int // version of the existing cluster
		major int
		fails string
	}{
		"the newest":                  {have: []have{{15, true}, {17, true}, {16, true}}, major: 17},
		"the newest with PostGIS":     {have: []have{{15, true}, {17, false}}, major: 15},
		"the one that made the data":  {have: []have{{15, true}, {17, true}}, made: 15, major: 15},
		"nothing installed":           {fails: "PostgreSQL 14 or later with PostGIS is not installed."},
		"too old":                     {have: []have{{11, true}}, fails: "PostgreSQL 14 or later with PostGIS is not installed."},
		"no PostGIS":                  {have: []have{{16, false}}, fails: "apt-get install postgresql-16-postgis-3"},
		"another major":               {have: []have{{17, true}}, made: 15, fails: "made by PostgreSQL 15, which is not installed here."},
		"the right one lacks PostGIS": {have: []have{{15, false}, {17, true}}, made: 15, fails: "apt-get install postgresql-15-postgis-3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root := t.TempDir()
			bins := []string{filepath.Join(root, "nothing here")}
			for _, h := range test.have {
				bins = append(bins, install(t, root, h.major, h.postgis))
			}
			got, err := choose(installations(bins), test.made, "/data/pg")
			if test.fails != "" {
				require.ErrorContains(t, err, test.fails)
				assert.Equal(t, cairn.Unavailable, cairn.CodeOf(err))
				return
			}
			require.NoError(t, err)
			assert.Equal(t, test.major, got.major)
		})
	}
}

func TestMemorySettingsFollowTheMachine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		memory int64
		want   []string
	}{
		"tiny":  {64 * mebi, []string{"shared_buffers=32MB", "work_mem=4MB", "maintenance_work_mem=32MB"}},
		"small": {1024 * mebi, []string{"shared_buffers=128MB", "effective_cache_size=512MB", "work_mem=4MB"}},
		"large": {256 * 1024 * mebi, []string{"shared_buffers=4096MB", "work_mem=16MB", "maintenance_work_mem=1024MB"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			arguments, err := Config{MemoryBytes: test.memory}.settings()
			require.NoError(t, err)
			assert.Subset(t, arguments, test.want)
		})
	}
}
