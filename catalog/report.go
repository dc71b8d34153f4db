package catalog

import (
	"context"
	"encoding/json"
	"time"

	"github.com/cairngeo/cairn/auth"
	"github.com/jackc/pgx/v5"
)

// Report tells what a dataset holds.
type Report struct {
	Organization     string // slug
	OrganizationName string
	Owner            *string // user name
	Slug             string  // "" for an organization without datasets
	Name             string
	CreatedAt        time.Time
	Tagline          *string
	Visibility       auth.Visibility
	Size             int64 // bytes
	Contents         []ReportedFiles
}

// ReportedFiles sums up the files of one extension, "" for those without one.
type ReportedFiles struct {
	Extension string `json:"extension" example:"jpg"`
	Files     int64  `json:"files"`
	Size      int64  `json:"size" doc:"Bytes"`
}

// Reports tells an administrator what all organizations hold.
func (c *Catalog) Reports(ctx context.Context, caller auth.Caller) ([]Report, error) {
	if err := auth.Decide(caller, auth.Administer, auth.Facts{}); err != nil {
		return nil, err
	}
	return many(ctx, c.pool, func(row pgx.CollectableRow) (r Report, err error) {
		var contents, name, tagline json.RawMessage
		err = row.Scan(&r.Organization, &r.OrganizationName, &r.Owner, &r.Slug, &name, &r.CreatedAt, &tagline, &r.Visibility, &r.Size, &contents)
		if err != nil {
			return r, err
		}
		if json.Unmarshal(name, &r.Name) != nil || r.Name == "" {
			r.Name = r.Slug
		}
		if json.Unmarshal(tagline, &r.Tagline) != nil { // a client may have put anything there
			r.Tagline = nil
		}
		return r, json.Unmarshal(contents, &r.Contents)
	}, `
		select o.slug, o.name, u.name, coalesce(d.slug, ''),
			(select data from metadata where dataset_id = d.id and path = '' and key = 'name' limit 1),
			coalesce(d.created_at, o.created_at),
			(select data from metadata where dataset_id = d.id and path = '' and key = 'tagline' limit 1),
			coalesce(d.visibility, 0), coalesce(d.size, 0),
			coalesce((select json_agg(json_build_object('extension', ext, 'files', files, 'size', size) order by ext) from (
				select coalesce(lower(substring(path from '[^/]\.([^./]+)$')), '') ext, count(*) files, sum(size) size
				from entries where dataset_id = d.id and path <> '' and type <> 1 group by 1) by_extension), '[]')
		from organizations o left join datasets d on d.organization_id = o.id left join users u on u.id = o.owner_id
		order by o.slug, d.slug`)
}
