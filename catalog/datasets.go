package catalog

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Dataset is a folder of entries with a name, a visibility and metadata.
type Dataset struct {
	ID             uuid.UUID // uuid.Nil if it does not exist yet, which only Destination returns
	OrganizationID uuid.UUID
	Organization   string // slug
	Slug           string
	CreatedAt      time.Time
	ChangedAt      time.Time // of its entries or metadata
	Revision       int64     // counts the changes of its entries and metadata
	Visibility     auth.Visibility
	Entries        int64 // files and folders
	Size           int64 // bytes, every entry counted in full
	Metadata       []Record
	Readme         string // path of the README at the root, "" without one

	Access  auth.Organization // what decides about the caller's rights
	Charged uuid.NullUUID     // whose quota what the caller adds counts against; not valid: nobody's
}

// Name is the name that people gave the dataset, its slug without one.
func (d *Dataset) Name() string {
	var name string
	if json.Unmarshal(d.Setting("name"), &name) != nil || name == "" {
		return d.Slug
	}
	return name
}

// Setting returns the JSON value of a metadata record of the dataset itself, nil without one.
func (d *Dataset) Setting(key string) json.RawMessage {
	for _, r := range slices.Backward(d.Metadata) { // the newest one, should there be several
		if r.Key == key {
			return r.Data
		}
	}
	return nil
}

// May tells whether the caller may do the action on the dataset.
func (d *Dataset) May(caller auth.Caller, action auth.Action) bool {
	return auth.Decide(caller, action, auth.Facts{Organization: d.Access, Dataset: auth.Dataset{Exists: true, Visibility: d.Visibility}}) == nil
}

const datasetColumns = `, d.id, o.slug, d.slug, d.created_at, d.changed_at, d.revision, d.visibility, d.entry_count, d.size,
	(select coalesce(json_agg(json_build_object('id', id, 'key', key, 'data', data, 'mtime', mtime) order by key, mtime, id), '[]')
		from metadata where dataset_id = d.id and path = ''),
	coalesce((select path from entries where dataset_id = d.id and path = 'README.md' and type <> 1), '')`

// datasetRow is a dataset, or the lack of one, in an organization that exists.
type datasetRow struct {
	organization Organization
	dataset      *Dataset
}

func scanDataset(row pgx.CollectableRow) (datasetRow, error) {
	var o Organization
	var id uuid.NullUUID
	var slug *string
	var created, changed *time.Time
	var visibility *auth.Visibility
	var revision, entries, size *int64
	var d Dataset
	var records []byte
	err := row.Scan(append(o.columns(), &id, &d.Organization, &slug, &created, &changed, &revision, &visibility, &entries, &size, &records, &d.Readme)...)
	if err != nil {
		return datasetRow{}, err
	}
	o = o.withAccess()
	if !id.Valid {
		return datasetRow{organization: o}, nil
	}
	d.ID, d.Slug, d.CreatedAt, d.ChangedAt, d.Revision = id.UUID, *slug, *created, *changed, *revision
	d.OrganizationID, d.Visibility, d.Entries, d.Size, d.Access = o.ID, *visibility, *entries, *size, o.Access
	err = json.Unmarshal(records, &d.Metadata)
	return datasetRow{o, &d}, err
}

// Dataset returns the dataset if the caller may do the action on it. One that
// does not exist is answered like a private one.
func (c *Catalog) Dataset(ctx context.Context, caller auth.Caller, organization, slug string, action auth.Action) (*Dataset, error) {
	if err := CheckSlug(organization); err != nil {
		return nil, err
	}
	if err := CheckSlug(slug); err != nil {
		return nil, err
	}
	type question struct {
		caller             uuid.UUID
		organization, slug string
	}
	row, err := recall(c.known, question{caller.ID(), organization, slug}, func() (datasetRow, error) {
		return one(ctx, c.pool, scanDataset, errNoOrganization(organization),
			`select `+organizationColumns+datasetColumns+` from`+organizationTables+`
			left join datasets d on d.organization_id = o.id and d.slug = $3 where o.slug = $2`, caller.ID(), organization, slug)
	})
	if err != nil {
		return nil, err
	}
	facts := auth.Dataset{}
	if row.dataset != nil {
		facts = auth.Dataset{Exists: true, Visibility: row.dataset.Visibility}
	}
	if err := auth.Decide(caller, action, auth.Facts{Organization: row.organization.Access, Dataset: facts}); err != nil {
		return nil, err
	}
	d := *row.dataset
	d.Charged = c.charged(caller, row.organization)
	return &d, nil
}

// charged is whose quota what the caller adds in the organization counts against.
func (c *Catalog) charged(caller auth.Caller, o Organization) uuid.NullUUID {
	if c.storageLimited && !caller.Admin() {
		return o.OwnerID
	}
	return uuid.NullUUID{}
}

// Destination returns the dataset that the caller wants to fill. One that is
// not there, and that the caller may create, has no ID yet.
func (c *Catalog) Destination(ctx context.Context, caller auth.Caller, organization, slug string) (*Dataset, error) {
	d, err := c.Dataset(ctx, caller, organization, slug, auth.WriteDataset)
	if cairn.CodeOf(err) != cairn.NotFound {
		return d, err
	}
	o, err := c.Organization(ctx, caller, organization, auth.CreateDataset)
	if err != nil {
		return nil, err
	}
	return &Dataset{OrganizationID: o.ID, Organization: o.Slug, Slug: slug, Access: o.Access, Charged: c.charged(caller, o)}, nil
}

// Datasets lists the datasets of an organization that the caller may see there.
func (c *Catalog) Datasets(ctx context.Context, caller auth.Caller, organization string) ([]*Dataset, error) {
	o, err := c.Organization(ctx, caller, organization, auth.ReadOrganization)
	if err != nil {
		return nil, err
	}
	return c.listed(ctx, caller, `where o.id = $2 order by d.slug`, o.ID)
}

// ListedDatasets lists, in all organizations, the datasets that are listed to the caller.
func (c *Catalog) ListedDatasets(ctx context.Context, caller auth.Caller) ([]*Dataset, error) {
	if err := auth.Decide(caller, auth.Browse, auth.Facts{}); err != nil {
		return nil, err
	}
	return c.listed(ctx, caller, `where ($2 or d.visibility = 2 or o.owner_id = $1 or m.level is not null) order by o.slug, d.slug`, caller.Admin())
}

// listed runs a query for datasets and leaves what the caller may not see listed.
func (c *Catalog) listed(ctx context.Context, caller auth.Caller, where string, args ...any) ([]*Dataset, error) {
	rows, err := many(ctx, c.pool, scanDataset, `select `+organizationColumns+datasetColumns+` from`+organizationTables+`
		join datasets d on d.organization_id = o.id `+where, append([]any{caller.ID()}, args...)...)
	if err != nil {
		return nil, err
	}
	list := make([]*Dataset, 0, len(rows))
	for _, row := range rows {
		if row.dataset.May(caller, auth.ListDataset) {
			list = append(list, row.dataset)
		}
	}
	return list, nil
}

// NewDataset is what a dataset is created from.
type NewDataset struct {
	Slug       string
	Name       string // "": the slug
	Visibility auth.Visibility
	Tagline    string // at most 256 characters
}

// CreateDataset creates an empty dataset.
func (c *Catalog) CreateDataset(ctx context.Context, caller auth.Caller, organization string, n NewDataset) (*Dataset, error) {
	o, err := c.Organization(ctx, caller, organization, auth.CreateDataset)
	if err != nil {
		return nil, err
	}
	if err := CheckSlug(n.Slug); err != nil {
		return nil, err
	}
	if err := errors.Join(checkLabel("name", n.Name), checkLabel("tagline", n.Tagline)); err != nil {
		return nil, err
	}
	err = c.Update(ctx, func(tx Tx) error {
		_, err := tx.insertDataset(ctx, o.ID, n)
		return err
	})
	if err != nil {
		return nil, err
	}
	return c.Dataset(ctx, caller, organization, n.Slug, auth.ReadDataset)
}

func (tx Tx) insertDataset(ctx context.Context, organization uuid.UUID, n NewDataset) (id uuid.UUID, err error) {
	id, err = one(ctx, tx, pgx.RowTo[uuid.UUID], errTaken(n.Slug),
		`insert into datasets (organization_id, slug) values ($1, $2) on conflict (organization_id, slug) do nothing returning id`, organization, n.Slug)
	if err != nil {
		return id, err
	}
	if n.Name == "" {
		n.Name = n.Slug
	}
	if err := tx.Set(ctx, id, "name", n.Name); err != nil {
		return id, err
	}
	if n.Tagline != "" {
		if err := tx.Set(ctx, id, "tagline", n.Tagline); err != nil {
			return id, err
		}
	}
	return id, tx.Set(ctx, id, "visibility", n.Visibility)
}

// DeleteDataset deletes a dataset. Its slug is free at once.
func (c *Catalog) DeleteDataset(ctx context.Context, caller auth.Caller, organization, slug string) error {
	d, err := c.Dataset(ctx, caller, organization, slug, auth.DeleteDataset)
	if err != nil {
		return err
	}
	return c.Update(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `delete from datasets where id = $1`, d.ID)
		return err
	})
}
