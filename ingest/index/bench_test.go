package index

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// BenchmarkWrite writes 200,000 photos, BenchmarkRead reads them.
//
//	go test -run '^$' -bench . -benchtime 1x ./ingest/index
func BenchmarkWrite(b *testing.B) {
	for b.Loop() {
		writeMany(b)
	}
}

func BenchmarkRead(b *testing.B) {
	db, err := OpenReadOnly(b.Context(), writeMany(b))
	require.NoError(b, err)
	defer db.Close()
	for name, read := range map[string]func(*DB) error{
		"entries": func(db *DB) (err error) {
			for _, err = range db.Entries(b.Context()) {
			}
			return err
		},
		"list": func(db *DB) (err error) {
			for _, err = range db.List(b.Context()) {
			}
			return err
		},
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				require.NoError(b, read(db))
			}
		})
	}
}

func writeMany(b *testing.B) (file string) {
	file = filepath.Join(b.TempDir(), "dbase.sqlite")
	require.NoError(b, Write(b.Context(), file, func(tx *Tx) error {
		for i := range 200_000 {
			e := photo(fmt.Sprintf("flight/%06d.jpg", i))
			e.Hash = fmt.Sprintf("%064x", uint64(i)*0x9e3779b97f4a7c15)
			if err := tx.Put(e); err != nil {
				return err
			}
		}
		return nil
	}))
	return file
}
