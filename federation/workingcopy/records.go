package workingcopy

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/stamp"
	"github.com/cairngeo/cairn/ingest/index"
)

// recordPlan is what a pull does to the metadata.
type recordPlan struct {
	puts    []catalog.Record
	removes []string
}

// mergeRecords plans how their changes of metadata come to us. Records only
// come and go; it is a conflict if both sides set the one record of a key.
func (c *Copy) mergeRecords(ctx context.Context, from *client.Client, d client.Dataset, base, theirs stamp.Stamp, keep Keep) (p recordPlan, conflicts []Conflict, err error) {
	ours := map[string]catalog.Record{}
	for r, err := range c.index.Records(ctx) {
		if err != nil {
			return p, nil, err
		}
		ours[r.ID] = r
	}
	delta := stamp.Between(stamp.Stamp{Meta: theirs.Meta}, stamp.Stamp{Meta: base.Meta})
	for _, id := range delta.MetaRemoves {
		if _, there := ours[id]; there {
			p.removes = append(p.removes, id)
		}
	}
	wanted := slices.DeleteFunc(delta.MetaAdds, func(id string) bool { _, there := ours[id]; return there })
	if len(wanted) == 0 {
		return p, nil, nil
	}
	arrived, err := fetchRecords(ctx, from, d, wanted)
	if err != nil {
		return p, nil, err
	}
	set := setMeanwhile(ours, base)
	for _, r := range arrived {
		our, there := set[place{r.Path, r.Key}]
		switch {
		case !there || catalog.Plural(r.Key):
			p.puts = append(p.puts, r)
		case keep == Theirs:
			p.puts, p.removes = append(p.puts, r), append(p.removes, our)
		case keep == Neither:
			conflicts = append(conflicts, Conflict{Path: r.Path, Key: r.Key, Ours: our, Theirs: r.ID})
		}
	}
	return p, conflicts, nil
}

// place is where a record is.
type place struct{ path, key string }

// setMeanwhile returns the ids of our records that the base lacks.
func setMeanwhile(ours map[string]catalog.Record, base stamp.Stamp) map[place]string {
	set := map[place]string{}
	for id, r := range ours {
		if _, known := slices.BinarySearch(base.Meta, id); !known {
			set[place{r.Path, r.Key}] = id
		}
	}
	return set
}

// fetchRecords returns the records with the ids.
func fetchRecords(ctx context.Context, from *client.Client, d client.Dataset, ids []string) ([]catalog.Record, error) {
	dump, err := from.MetaDump(ctx, d, ids...)
	if err != nil {
		return nil, err
	}
	byID := map[string]client.Meta{}
	for _, m := range dump {
		byID[m.ID] = m
	}
	records := make([]catalog.Record, 0, len(ids))
	for _, id := range ids {
		m, there := byID[id]
		if !there {
			return nil, cairn.Errorf(cairn.Conflict, "The metadata of %s was changed meanwhile. Pull again.", d)
		}
		switch {
		case m.Key == "" || m.ID == "" || !json.Valid([]byte(m.Data)):
			return nil, cairn.Errorf(cairn.Invalid, "The server %s has metadata that is no JSON. Nothing was changed.", from.Server())
		case max(len(m.Data), len(m.Path), len(m.Key), len(m.ID)) > index.Largest: // the index could not be read any more
			return nil, cairn.Errorf(cairn.Invalid, "The server %s has a record of metadata with more than %d MiB. Nothing was changed.", from.Server(), index.Largest>>20)
		}
		records = append(records, catalog.Record{ID: m.ID, Path: m.Path, Key: m.Key, Data: json.RawMessage(m.Data), MTime: int64(m.MTime)})
	}
	return records, nil
}

func (p recordPlan) write(tx *index.Tx) error {
	for _, id := range p.removes {
		if err := tx.RemoveRecord(id); err != nil {
			return err
		}
	}
	for _, r := range p.puts {
		if _, err := tx.PutRecord(r); err != nil {
			return err
		}
	}
	return nil
}
