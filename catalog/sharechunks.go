package catalog

import (
	"context"

	"github.com/cairngeo/cairn"
	"github.com/jackc/pgx/v5"
)

// ChunkedFile is a file that is shared in chunks.
type ChunkedFile struct {
	ID     string // the client's name for it
	Path   string
	Size   int64 // bytes, of the whole
	Chunks int
}

// ShareChunk stages one chunk of a file; one that came before at the same
// position is replaced. When the file is complete it returns all chunks in
// order. They stay until the share ends, so that the last one can be repeated.
func (tx Tx) ShareChunk(ctx context.Context, b *Batch, f ChunkedFile, position int, chunk Content) (complete []Content, err error) {
	if err := tx.running(ctx, b); err != nil {
		return nil, err
	}
	if err := tx.refer(ctx, chunk.Hash); err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `insert into share_files (batch, file_id, path, size, chunks) values ($1, $2, $3, $4, $5) on conflict do nothing`, b.Token, f.ID, f.Path, f.Size, f.Chunks)
	if err != nil {
		return nil, err
	}
	// Chunks of one file take turns, so that one of them is the last.
	known, err := one(ctx, tx, pgx.RowToStructByPos[ChunkedFile], errBatchEnded(),
		`select file_id, path, size, chunks from share_files where batch = $1 and file_id = $2 for update`, b.Token, f.ID)
	if err != nil {
		return nil, err
	}
	if known != f {
		return nil, cairn.Errorf(cairn.Invalid, "The chunks of %q don't agree about its path, its size or their number. Send all of it again with another fileId.", known.Path)
	}
	// Another chunk for a file that is complete begins the file anew; the same one again does not.
	_, err = tx.Exec(ctx, `delete from share_chunks where batch = $1 and file_id = $2
		and (select count(*) from share_chunks where batch = $1 and file_id = $2) = $3
		and not exists (select from share_chunks where batch = $1 and file_id = $2 and position = $4 and hash = $5)`, b.Token, f.ID, f.Chunks, position, chunk.Hash)
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(ctx, `insert into share_chunks (batch, file_id, position, hash, size) values ($1, $2, $3, $4, $5)
		on conflict (batch, file_id, position) do update set hash = excluded.hash, size = excluded.size`, b.Token, f.ID, position, chunk.Hash, chunk.Size)
	if err != nil {
		return nil, err
	}
	chunks, err := many(ctx, tx, pgx.RowToStructByPos[Content], `select hash, size from share_chunks where batch = $1 and file_id = $2 order by position`, b.Token, f.ID)
	if err != nil || len(chunks) < f.Chunks {
		return nil, err
	}
	return chunks, nil
}
