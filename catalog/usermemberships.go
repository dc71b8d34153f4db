package catalog

import (
	"context"
	"time"

	"github.com/cairngeo/cairn/auth"
	"github.com/jackc/pgx/v5"
)

// UserOrganization is an organization as one of its people stands to it.
type UserOrganization struct {
	Slug, Name  string
	Description *string
	IsPublic    bool
	IsOwner     bool
	Level       *auth.Level // nil for the owner
	GrantedAt   *time.Time
	GrantedBy   *string
}

// UserOrganizations lists what a user owns or is a member of, for himself and administrators.
func (c *Catalog) UserOrganizations(ctx context.Context, caller auth.Caller, users *auth.Users, name string) ([]UserOrganization, error) {
	user, err := users.Account(ctx, caller, name, auth.UseAccount)
	if err != nil {
		return nil, err
	}
	return many(ctx, c.pool, pgx.RowToStructByPos[UserOrganization], `
		select o.slug, o.name, o.description, o.is_public, o.owner_id is not distinct from $1, m.level, m.granted_at, m.granted_by
		from organizations o left join memberships m on m.organization_id = o.id and m.user_id = $1
		where o.owner_id = $1 or m.user_id is not null order by o.slug`, user.ID)
}

// Grant is a membership to be: an organization's slug and a level.
type Grant struct {
	Organization string
	Level        auth.Level
}

// SetMemberships makes a user a member of exactly these organizations. Those
// that he owns stay as they are.
func (c *Catalog) SetMemberships(ctx context.Context, caller auth.Caller, users *auth.Users, name string, grants []Grant) error {
	user, err := c.administered(ctx, caller, users, name)
	if err != nil {
		return err
	}
	levels := map[string]auth.Level{}
	for _, g := range grants {
		levels[g.Organization] = g.Level
	}
	slugs := make([]string, 0, len(levels))
	for slug := range levels {
		if err := CheckSlug(slug); err != nil {
			return err
		}
		slugs = append(slugs, slug)
	}
	return c.Update(ctx, func(tx Tx) error {
		missing, err := many(ctx, tx, pgx.RowTo[string], `select s from unnest($1::text[]) s where not exists (select from organizations where slug = s) order by s limit 1`, slugs)
		if err != nil {
			return err
		}
		if len(missing) > 0 {
			return errNoOrganization(missing[0])
		}
		if _, err := tx.Exec(ctx, `delete from memberships m using organizations o where o.id = m.organization_id and m.user_id = $1 and o.slug <> all ($2)`, user.ID, slugs); err != nil {
			return err
		}
		for slug, level := range levels {
			_, err := tx.Exec(ctx, `insert into memberships (organization_id, user_id, level, granted_by)
				select id, $1, $3, $4 from organizations where slug = $2 and owner_id is distinct from $1
				on conflict (organization_id, user_id) do update set level = excluded.level, granted_at = now(), granted_by = excluded.granted_by
				where memberships.level <> excluded.level`, user.ID, slug, level, caller.User.Name)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// administered returns the user of that name to an administrator.
func (c *Catalog) administered(ctx context.Context, caller auth.Caller, users *auth.Users, name string) (*auth.User, error) {
	if err := auth.Decide(caller, auth.Administer, auth.Facts{}); err != nil {
		return nil, err
	}
	return users.Account(ctx, caller, name, auth.UseAccount)
}
