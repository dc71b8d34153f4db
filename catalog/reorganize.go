package catalog

import (
	"context"
	"fmt"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Conflict says what happens to a dataset whose slug is taken at its new place.
// The numbers are part of the API.
type Conflict int

// The ways.
const (
	Halt      Conflict = iota // it stays
	Overwrite                 // it takes the place of the other
	Rename                    // it gets the next free slug: site_1, site_2, …
)

// DatasetMove is what became of a dataset that was to go to another organization.
type DatasetMove struct {
	Slug    string
	NewSlug string
	Err     error // why it stayed
}

// MoveDatasets moves datasets from one organization to another, each in a
// transaction of its own: what can't be moved stays. No bytes move.
func (c *Catalog) MoveDatasets(ctx context.Context, caller auth.Caller, from, to string, slugs []string, conflict Conflict) ([]DatasetMove, error) {
	source, dest, err := c.twoOrganizations(ctx, caller, from, to)
	if err != nil {
		return nil, err
	}
	moved := make([]DatasetMove, 0, len(slugs))
	known := map[string]bool{}
	for _, slug := range slugs {
		if slug = strings.ToLower(slug); known[slug] {
			continue
		}
		known[slug] = true
		r, err := c.moveDataset(ctx, source, dest, slug, conflict)
		if err != nil {
			return nil, err
		}
		moved = append(moved, r)
	}
	return moved, nil
}

// Merge is what became of an organization that was merged into another.
type Merge struct {
	Datasets []DatasetMove
	Deleted  bool // the source is gone
}

// MergeOrganizations moves all datasets of one organization into another,
// whose members its members become with the higher of both levels; its owner
// becomes one who may write and delete. The source is deleted, if asked for,
// when nothing stayed behind.
func (c *Catalog) MergeOrganizations(ctx context.Context, caller auth.Caller, from, to string, conflict Conflict, deleteSource bool) (Merge, error) {
	source, dest, err := c.twoOrganizations(ctx, caller, from, to)
	if err != nil {
		return Merge{}, err
	}
	if source.Slug == PublicOrganization {
		return Merge{}, cairn.Errorf(cairn.Invalid, "The organization %q can't be merged into another.", source.Slug)
	}
	slugs, err := many(ctx, c.pool, pgx.RowTo[string], `select slug from datasets where organization_id = $1 order by slug`, source.ID)
	if err != nil {
		return Merge{}, err
	}
	m := Merge{Deleted: deleteSource}
	for _, slug := range slugs {
		r, err := c.moveDataset(ctx, source, dest, slug, conflict)
		if err != nil {
			return m, err
		}
		m.Datasets = append(m.Datasets, r)
		m.Deleted = m.Deleted && r.Err == nil
	}
	err = c.Update(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `
			insert into memberships (organization_id, user_id, level, granted_by)
			select $2, who, max(level), $3 from (
				select user_id who, level from memberships where organization_id = $1
				union all select owner_id, 2 from organizations where id = $1) people
			where who is not null and who is distinct from (select owner_id from organizations where id = $2) group by who
			on conflict (organization_id, user_id) do update set level = greatest(memberships.level, excluded.level)`, source.ID, dest.ID, caller.User.Name)
		if err == nil && m.Deleted { // unless somebody made a dataset there meanwhile
			m.Deleted, err = tx.deleteEmptyOrganization(ctx, source.ID)
		}
		return err
	})
	return m, err
}

func (tx Tx) deleteEmptyOrganization(ctx context.Context, id uuid.UUID) (bool, error) {
	if _, err := tx.Exec(ctx, `select from organizations where id = $1 for update`, id); err != nil { // whoever makes a dataset there has it shared
		return false, err
	}
	tag, err := tx.Exec(ctx, `delete from organizations o where id = $1 and not exists (select from datasets where organization_id = o.id)`, id)
	return tag.RowsAffected() > 0, err
}

// twoOrganizations returns two different organizations to an administrator.
func (c *Catalog) twoOrganizations(ctx context.Context, caller auth.Caller, from, to string) (source, dest Organization, err error) {
	if err := auth.Decide(caller, auth.Administer, auth.Facts{}); err != nil {
		return source, dest, err
	}
	if from == to {
		return source, dest, cairn.Errorf(cairn.Invalid, "Source and destination are the same organization.")
	}
	if source, err = c.Organization(ctx, caller, from, auth.WriteOrganization); err != nil {
		return source, dest, err
	}
	dest, err = c.Organization(ctx, caller, to, auth.CreateDataset)
	return source, dest, err
}

// moveDataset moves one dataset. What a person can mend is told in the result.
func (c *Catalog) moveDataset(ctx context.Context, from, to Organization, slug string, conflict Conflict) (DatasetMove, error) {
	r := DatasetMove{Slug: slug, NewSlug: slug}
	if r.Err = CheckSlug(slug); r.Err != nil {
		return r, nil
	}
	err := c.Update(ctx, func(tx Tx) error {
		id, err := one(ctx, tx, pgx.RowTo[uuid.UUID], cairn.Errorf(cairn.NotFound, "There is no dataset %q in the organization %q.", slug, from.Slug),
			`select id from datasets where organization_id = $1 and slug = $2 for update`, from.ID, slug)
		if err != nil {
			return err
		}
		if r.NewSlug, err = tx.makeRoom(ctx, to, slug, conflict); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `update datasets set organization_id = $2, slug = $3 where id = $1`, id, to.ID, r.NewSlug)
		return err
	})
	if code := cairn.CodeOf(err); code == cairn.NotFound || code == cairn.Conflict {
		r.Err, err = err, nil
	}
	return r, err
}

// makeRoom returns the slug that a dataset may take in an organization.
func (tx Tx) makeRoom(ctx context.Context, o Organization, slug string, conflict Conflict) (string, error) {
	taken, err := many(ctx, tx, pgx.RowTo[string], `select slug from datasets where organization_id = $1 and starts_with(slug, $2)`, o.ID, slug[:min(len(slug), longestSlug-len("_999999"))])
	if err != nil {
		return "", err
	}
	known := map[string]bool{}
	for _, t := range taken {
		known[t] = true
	}
	if !known[slug] {
		return slug, nil
	}
	switch conflict {
	case Overwrite:
		_, err := tx.Exec(ctx, `delete from datasets where organization_id = $1 and slug = $2`, o.ID, slug)
		return slug, err
	case Rename:
		for n := 1; ; n++ {
			number := fmt.Sprintf("_%d", n)
			if free := slug[:min(len(slug), longestSlug-len(number))] + number; !known[free] {
				return free, nil
			}
		}
	}
	return "", cairn.Errorf(cairn.Conflict, "The organization %q has a dataset %q already.", o.Slug, slug)
}
