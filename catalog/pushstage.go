package catalog

import (
	"context"
	"errors"
	"io"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// StageEntries takes down the entries of the stamp, one after the other until
// next returns io.EOF.
func (tx Tx) StageEntries(ctx context.Context, p *Push, next func() (path, hash string, err error)) error {
	anew := p.Dataset.ID == uuid.Nil
	return tx.stage(ctx, "push_entries", []string{"push", "path", "hash", "added"}, func() ([]any, error) {
		path, hash, err := next()
		return []any{p.Token, path, hash, anew}, err
	})
}

// StageRecords takes down the ids of the stamp's metadata.
func (tx Tx) StageRecords(ctx context.Context, p *Push, next func() (id string, err error)) error {
	return tx.stage(ctx, "push_records", []string{"push", "id"}, func() ([]any, error) {
		id, err := next()
		return []any{p.Token, id}, err
	})
}

// stage copies rows into a table until next returns io.EOF.
func (tx Tx) stage(ctx context.Context, table string, columns []string, next func() ([]any, error)) error {
	var wrong error // the database would wrap it in an error of its own
	_, err := tx.CopyFrom(ctx, pgx.Identifier{table}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		row, err := next()
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		wrong = err
		return row, err
	}))
	if wrong != nil {
		return wrong
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "23505" {
		return cairn.Errorf(cairn.Invalid, "The stamp names a path or a metadata record twice.")
	}
	return err
}

const (
	pushedEntries = `select path, hash from push_entries where push = $1 order by path`
	pushedRecords = `select id from push_records where push = $1 order by id`
)

// Compare finds out what a staged push changes, and whether it may: base is
// the checksum of what its client knows of the dataset, claimed that of the
// stamp. Unless what the client knows is what the dataset is, pull is true.
func (tx Tx) Compare(ctx context.Context, p *Push, base, claimed string) (pull bool, err error) {
	var tree treeCheck
	if p.checksum, err = checksum(ctx, tx, pushedEntries, pushedRecords, p.Token, tree.next); err != nil {
		return false, err
	}
	if claimed != p.checksum {
		return false, cairn.Errorf(cairn.Invalid, "The stamp's checksum does not match its content: it should be %s.", p.checksum)
	}
	if p.basedOn, err = checksumOf(ctx, tx, p.Dataset.ID); err != nil {
		return false, err
	}
	known, err := tx.isBase(ctx, p, base)
	if err != nil || !known {
		return !known, err
	}
	if err := tx.joining(ctx, func() error { return tx.markAdded(ctx, p) }); err != nil {
		return false, err
	}
	_, err = tx.Exec(ctx, `update pushes set checksum = $2, based_on = $3 where token = $1`, p.Token, p.checksum, p.basedOn)
	return false, err
}

// markAdded marks what the dataset lacks.
func (tx Tx) markAdded(ctx context.Context, p *Push) error {
	if p.Dataset.ID == uuid.Nil {
		_, err := tx.Exec(ctx, `update push_records set needed = true where push = $1`, p.Token)
		return err
	}
	_, err := tx.Exec(ctx, `update push_entries p set added = true where push = $1 and not exists (
		select from entries e where e.dataset_id = $2 and e.path = p.path and e.hash = p.hash)`, p.Token, p.Dataset.ID)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `update push_records p set needed = true where push = $1 and not exists (
		select from metadata m where m.dataset_id = $2 and m.id = p.id)`, p.Token, p.Dataset.ID)
	return err
}

// treeCheck refuses a stamp in which something lies below a file. Paths that
// begin like a file's follow it without a gap, so few files are kept in mind.
type treeCheck struct{ files []string }

func (t *treeCheck) next(path, hash string) error {
	for len(t.files) > 0 && !strings.HasPrefix(path, t.files[len(t.files)-1]) {
		t.files = t.files[:len(t.files)-1]
	}
	for _, file := range t.files {
		if path[len(file)] == '/' {
			return cairn.Errorf(cairn.Invalid, "The stamp has %q below the file %q.", path, file)
		}
	}
	if hash != "" {
		t.files = append(t.files, path)
	}
	return nil
}

// isBase tells whether a client that knows the checksum knows the dataset as
// it is. Nothing can be lost where there is nothing, or nothing else.
func (tx Tx) isBase(ctx context.Context, p *Push, base string) (bool, error) {
	const nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
	if base == p.basedOn || p.basedOn == nothing || p.basedOn == p.checksum {
		return true, nil
	}
	// The index file has the server's own records too, and so has the stamp of who cloned by it.
	whole, err := checksum(ctx, tx, stampEntries, `select id from metadata where dataset_id = $1 order by id`, p.Dataset.ID, anything)
	return base == whole, err
}

// NeededFiles calls each with the paths whose content is still to be sent, in order.
func (c *Catalog) NeededFiles(ctx context.Context, p *Push, each func(path string) error) error {
	return c.needed(ctx, p, `select path from push_entries e where`+isMissing+` order by path`, each)
}

// isMissing is a condition on a staged entry whose content the push does not have.
const isMissing = ` push = $1 and added and hash <> '' and not exists (select from push_contents c where c.push = $1 and c.hash = e.hash)`

// NeededRecords calls each with the ids of the records that are still to be sent, in order.
func (c *Catalog) NeededRecords(ctx context.Context, p *Push, each func(id string) error) error {
	return c.needed(ctx, p, `select id from push_records where push = $1 and needed and key is null order by id`, each)
}

func (c *Catalog) needed(ctx context.Context, p *Push, sql string, each func(string) error) error {
	var what string
	return c.reading(ctx, func(tx Tx) error {
		return tx.joining(ctx, func() error {
			return eachRow(ctx, tx, []any{&what}, func() error { return each(what) }, sql, p.Token)
		})
	})
}
