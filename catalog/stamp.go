package catalog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Stamp is what copies of a dataset are compared by, read as of one moment:
// its entries, then its metadata.
type Stamp struct {
	ctx              context.Context
	q                querier
	entries, records string // what is in it, in order, each for the argument of
	of               any
	sum              hash.Hash
}

// What is in the stamp of a dataset. Records that the server made for settings
// are left out, so that renaming or publishing makes no copy look out of date.
const (
	stampEntries = `select path, hash from entries where dataset_id = $1 order by path`
	stampRecords = `select id from metadata where dataset_id = $1 and not made_by_server order by id`
)

// Stamp lets read go through the stamp and returns its checksum: SHA-256 over
// paths, hashes and ids in the order in which they are read, without anything
// in between.
func (c *Catalog) Stamp(ctx context.Context, d *Dataset, read func(*Stamp) error) (checksum string, err error) {
	moment := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	err = pgx.BeginTxFunc(ctx, c.pool, moment, func(tx pgx.Tx) error {
		s := Stamp{ctx, tx, stampEntries, stampRecords, d.ID, sha256.New()}
		err := read(&s)
		checksum = s.checksum()
		return err
	})
	return checksum, translate(err)
}

// Entries calls each with the path and hash of every row, the empty path
// included, in the order of the paths' bytes. Folders have the hash "".
func (s *Stamp) Entries(each func(path, hash string) error) error {
	var path, hash string
	return eachRow(s.ctx, s.q, []any{&path, &hash}, func() error {
		s.sum.Write([]byte(path + hash)) // a hash never fails
		return each(path, hash)
	}, s.entries, s.of)
}

// Records calls each with the id of every record of metadata, in order.
func (s *Stamp) Records(each func(id string) error) error {
	var id string
	return eachRow(s.ctx, s.q, []any{&id}, func() error {
		s.sum.Write([]byte(id))
		return each(id)
	}, s.records, s.of)
}

func (s *Stamp) checksum() string { return hex.EncodeToString(s.sum.Sum(nil)) }

// checksum is that of a stamp whose entries and records the queries give in
// order, each for the same argument. each may look at the entries.
func checksum(ctx context.Context, q querier, entries, records string, of any, each func(path, hash string) error) (string, error) {
	s := Stamp{ctx, q, entries, records, of, sha256.New()}
	err := s.Entries(each)
	if err == nil {
		err = s.Records(func(string) error { return nil })
	}
	return s.checksum(), err
}

// checksumOf is the checksum of a dataset's stamp.
func checksumOf(ctx context.Context, q querier, dataset uuid.UUID) (string, error) {
	return checksum(ctx, q, stampEntries, stampRecords, dataset, anything)
}

func anything(_, _ string) error { return nil }
