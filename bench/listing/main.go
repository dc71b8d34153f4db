// Command listing compares listing a folder of 100 entries in a dataset of
// 1,000,000 entries with listing it in one of 1,000.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"path/filepath"
	"time"

	"github.com/cairngeo/cairn/bench/rig"
	"github.com/cairngeo/cairn/catalog/cluster"
	"github.com/jackc/pgx/v5"
)

const (
	folder = 100 // entries in each folder
	few    = 1_000
	many   = 1_000_000
	pairs  = 1_000
	wanted = 3
)

func main() { rig.Run(compare) }

func compare(ctx context.Context, dir string) (err error) {
	database, err := cluster.Start(ctx, cluster.Config{Dir: filepath.Join(dir, "database"), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, database.Stop(context.WithoutCancel(ctx))) }()
	node, err := rig.Start(ctx, dir, "--database-url="+database.URL())
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, node.Stop()) }()
	var addresses [2]string
	for i, entries := range []int{few, many} {
		if addresses[i], err = makeDataset(ctx, node, database.URL(), entries); err != nil {
			return err
		}
	}
	var times [2][]time.Duration
	for range pairs {
		for i, address := range addresses {
			took, err := list(ctx, address)
			if err != nil {
				return err
			}
			times[i] = append(times[i], took)
		}
	}
	small, large := rig.Percentile(times[0], 99), rig.Percentile(times[1], 99)
	fmt.Printf("a folder of %d, 99th percentile (and median) of %d requests: %v (%v) in %d entries, %v (%v) in %d entries\n",
		folder, pairs, small, rig.Median(times[0]), few, large, rig.Median(times[1]), many)
	ratio := large.Seconds() / small.Seconds()
	rig.Verdict("listing, 99th percentile in the large dataset / in the small one", ratio, fmt.Sprintf("at most %d", wanted), ratio <= wanted)
	return nil
}

// makeDataset fills a dataset with folders of 100 files with properties and a
// position, and returns the address that lists one from the middle.
func makeDataset(ctx context.Context, node *rig.Node, database string, entries int) (string, error) {
	slug := fmt.Sprintf("entries-%d", entries)
	dataset, err := node.CreateDataset(ctx, slug)
	if err != nil {
		return "", err
	}
	conn, err := pgx.Connect(ctx, database)
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `
		insert into entries (dataset_id, path, hash, type, properties, mtime, size, depth, point_geom)
		select d.id, format('flight-%s/DJI_%s.JPG', lpad((i / $2)::text, 5, '0'), lpad((i % $2)::text, 4, '0')),
			encode(sha256(i::text::bytea), 'hex'), 3, '{"make":"DJI","model":"FC6310","width":5472,"height":3648,"focalLength":8.8}'::jsonb,
			1700000000 + i, 8000000 + i, 1, st_setsrid(st_makepoint(-92 + i % 317 / 1e4, 46 + i % 211 / 1e4, 350), 4326)
		from datasets d, generate_series(0, $3::int - 1) i where d.slug = $1
		union all
		select d.id, format('flight-%s', lpad(f::text, 5, '0')), '', 1, null, 1700000000, 0, 0, null
		from datasets d, generate_series(0, $3::int / $2::int - 1) f where d.slug = $1`, slug, folder, entries)
	if err != nil {
		return "", fmt.Errorf("entries: %w", err)
	}
	_, err = conn.Exec(ctx, `analyze entries`) // autovacuum would, within a minute
	return fmt.Sprintf("%s/list?path=flight-%05d", dataset, entries/folder/2), err
}

// list fetches a listing and makes sure that the whole folder is in it.
func list(ctx context.Context, address string) (time.Duration, error) {
	begin := time.Now()
	response, data, err := rig.Get(ctx, address, "application/json")
	took := time.Since(begin)
	if err != nil {
		return 0, err
	}
	var entries []json.RawMessage
	if err := json.Unmarshal(data, &entries); response.StatusCode != http.StatusOK || err != nil || len(entries) != folder {
		return 0, fmt.Errorf("GET %s: %s: %d entries: %s", address, response.Status, len(entries), data)
	}
	return took, nil
}
