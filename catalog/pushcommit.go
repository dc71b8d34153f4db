package catalog

import (
	"context"
	"fmt"
	"iter"

	"github.com/cairngeo/cairn"
	"github.com/jackc/pgx/v5"
)

// CommitPush makes the push what its dataset is: entries and metadata that its
// stamp does not list go, those that it lists come, and nothing else changes.
// each is called with the entries of the types that came, in batches. A push
// that has been committed already changes nothing more.
func (tx Tx) CommitPush(ctx context.Context, p *Push, types []EntryType, each func([]Entry) error) error {
	if err := p.load(ctx, tx, ` for update`); err != nil || p.Committed {
		return err
	}
	if err := tx.CreateDestination(ctx, p); err != nil {
		return err
	}
	c := commit{tx, p}
	if err := c.checkUnchanged(ctx); err != nil {
		return err
	}
	err := tx.joining(ctx, func() error {
		for _, step := range []func(context.Context) error{c.checkComplete, c.moveRecords, c.removeEntries, c.addEntries, c.removeRecords, c.addRecords, c.verify} {
			if err := step(ctx); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	for entries, err := range c.added(ctx, types) {
		if err == nil {
			err = each(entries)
		}
		if err != nil {
			return err
		}
	}
	return c.close(ctx)
}

// commit is one that is under way.
type commit struct {
	Tx
	push *Push
}

// checkUnchanged returns an error if the dataset is not what the push began with.
func (c commit) checkUnchanged(ctx context.Context) error {
	revision, err := one(ctx, c, pgx.RowTo[int64], nil, `select revision from datasets where id = $1`, c.push.Dataset.ID)
	if err != nil || revision == c.push.revision {
		return err
	}
	now, err := checksumOf(ctx, c, c.push.Dataset.ID)
	if err == nil && now != c.push.basedOn && now != c.push.checksum {
		err = errChanged()
	}
	return err
}

// checkComplete returns an error if something that is needed was not sent.
func (c commit) checkComplete(ctx context.Context) error {
	files, err := many(ctx, c, pgx.RowTo[string], `select path from push_entries e where push = $1 and added and hash <> '' and (type is null or`+isMissing+`) order by path limit 1`, c.push.Token)
	if err != nil {
		return err
	}
	if len(files) > 0 {
		return cairn.Errorf(cairn.Invalid, "Cannot commit: missing %q. Push again; what has arrived is not sent again.", files[0])
	}
	records, err := many(ctx, c, pgx.RowTo[string], `select id from push_records where push = $1 and needed and key is null order by id limit 1`, c.push.Token)
	if err == nil && len(records) > 0 {
		err = cairn.Errorf(cairn.Invalid, "Cannot commit: missing the metadata %q. Push again.", records[0])
	}
	return err
}

// moveRecords lets the metadata of a moved file follow it. Its client moved the
// record and kept the id, so it says nothing of it; which file moved where shows
// in the content, if only one of that content went and only one came.
func (c commit) moveRecords(ctx context.Context) error {
	_, err := c.Exec(ctx, `
		update metadata m set path = moved.dest from (
			select gone.path as source, come.path as dest
			from (
				select hash, min(path) as path from entries e
				where dataset_id = $2 and hash <> '' and hash in (select d.hash from metadata r join entries d on d.dataset_id = $2 and d.path = r.path and d.hash <> '' where r.dataset_id = $2)
					and not exists (select from push_entries p where p.push = $1 and p.path = e.path)
				group by hash having count(*) = 1) gone
			join (select hash, min(path) as path from push_entries where push = $1 and added and hash <> '' group by hash having count(*) = 1) come on come.hash = gone.hash) moved
		where m.dataset_id = $2 and m.path = moved.source collate "C" and exists (select from push_records p where p.push = $1 and p.id = m.id)`, c.push.Token, c.push.Dataset.ID)
	return err
}

// removeEntries removes the rows that the stamp does not list, and no others:
// what lies below a folder is listed by itself.
func (c commit) removeEntries(ctx context.Context) error {
	_, err := c.Exec(ctx, `delete from entries e where dataset_id = $2 and not exists (
		select from push_entries p where p.push = $1 and p.path = e.path and (p.hash = '') = (e.hash = ''))`, c.push.Token, c.push.Dataset.ID)
	return err
}

func (c commit) addEntries(ctx context.Context) error {
	_, err := c.Exec(ctx, `
		insert into entries (dataset_id, path, hash, type, properties, mtime, size, depth, point_geom, polygon_geom)
		select $2, p.path, p.hash, case when p.hash <> '' then p.type when p.path = '' then `+fmt.Sprint(int(DroneDB))+` else `+fmt.Sprint(int(Directory))+` end,
			p.properties, coalesce(p.mtime, extract(epoch from now())::bigint), coalesce(c.size, 0), length(p.path) - length(replace(p.path, '/', '')), p.point_geom, p.polygon_geom
		from push_entries p left join push_contents c on c.push = p.push and c.hash = p.hash where p.push = $1 and p.added
		on conflict (dataset_id, path) do update set hash = excluded.hash, type = excluded.type, properties = excluded.properties,
			mtime = excluded.mtime, size = excluded.size, point_geom = excluded.point_geom, polygon_geom = excluded.polygon_geom`, c.push.Token, c.push.Dataset.ID)
	return err
}

// removeRecords removes the records that the stamp does not list. Settings
// that the server made stay unless the push brings the same.
func (c commit) removeRecords(ctx context.Context) error {
	_, err := c.Exec(ctx, `delete from metadata m where dataset_id = $2 and not exists (select from push_records p where p.push = $1 and p.id = m.id)
		and (not made_by_server or exists (select from push_records p where p.push = $1 and p.needed and p.path = '' and p.key = m.key))`, c.push.Token, c.push.Dataset.ID)
	return err
}

// addRecords adds the records that were sent; from now on those that the stamp
// lists are the client's, whoever made them.
func (c commit) addRecords(ctx context.Context) error {
	_, err := c.Exec(ctx, `update metadata m set made_by_server = false where dataset_id = $2 and made_by_server
		and exists (select from push_records p where p.push = $1 and p.id = m.id)`, c.push.Token, c.push.Dataset.ID)
	if err != nil {
		return err
	}
	_, err = c.Exec(ctx, `insert into metadata (dataset_id, id, path, key, data, mtime) select $2, id, path, key, data, mtime from push_records where push = $1 and needed`,
		c.push.Token, c.push.Dataset.ID)
	if err != nil {
		return err
	}
	full, err := many(ctx, c, pgx.RowTo[string], `select path from metadata where dataset_id = $1 group by path
		having count(*) > $2 or sum(octet_length(data::text)) > $3 limit 1`, c.push.Dataset.ID, maxRecords, maxRecordBytes)
	if err == nil && len(full) > 0 {
		err = errTooMuchMetadata()
	}
	return err
}

// verify makes sure of what everything depends on: the dataset's stamp is now
// the one that was pushed.
func (c commit) verify(ctx context.Context) error {
	now, err := checksumOf(ctx, c, c.push.Dataset.ID)
	if err == nil && now != c.push.checksum {
		err = errChanged().Because(fmt.Errorf("the stamp would be %s instead of %s", now, c.push.checksum))
	}
	return err
}

// added yields, in batches, the entries of the types that the push brought.
func (c commit) added(ctx context.Context, types []EntryType) iter.Seq2[[]Entry, error] {
	return Snapshot{c.Tx.Tx}.entries(ctx, `select `+entryColumns+` from entries e where dataset_id = $2 and type = any($3)
		and exists (select from push_entries p where p.push = $1 and p.path = e.path and p.added) order by path`, c.push.Token, c.push.Dataset.ID, types)
}

// close keeps of the push only that it was committed, for a client that did not hear of it.
func (c commit) close(ctx context.Context) error {
	for _, table := range []string{"push_entries", "push_contents", "push_records"} {
		if _, err := c.Exec(ctx, `delete from `+table+` where push = $1`, c.push.Token); err != nil {
			return err
		}
	}
	_, err := c.Exec(ctx, `update pushes set committed = true, dataset_id = $2, last_active_at = now() where token = $1`, c.push.Token, c.push.Dataset.ID)
	c.push.Committed = true
	return err
}
