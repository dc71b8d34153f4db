package catalog

import (
	"context"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Member is somebody who may do something in an organization without owning it.
type Member struct {
	Name, Email string
	Level       auth.Level
	GrantedAt   time.Time
	GrantedBy   *string // user name
}

// Members lists the members of an organization for its own people, without the owner.
func (c *Catalog) Members(ctx context.Context, caller auth.Caller, organization string) ([]Member, error) {
	o, err := c.Organization(ctx, caller, organization, auth.ReadMembers)
	if err != nil {
		return nil, err
	}
	return many(ctx, c.pool, pgx.RowToStructByPos[Member], `
		select u.name, coalesce(u.email, ''), m.level, m.granted_at, m.granted_by
		from memberships m join users u on u.id = m.user_id where m.organization_id = $1 order by u.name`, o.ID)
}

// AddMember makes a user a member of the organization.
func (c *Catalog) AddMember(ctx context.Context, caller auth.Caller, organization, name string, level auth.Level) error {
	return c.changeMember(ctx, caller, organization, name, func(tx Tx, o Organization, user uuid.UUID) error {
		if o.OwnerID.Valid && o.OwnerID.UUID == user {
			return cairn.Errorf(cairn.Invalid, "%q owns the organization %q and needs no membership.", name, o.Slug)
		}
		_, err := one(ctx, tx, pgx.RowTo[uuid.UUID], cairn.Errorf(cairn.Conflict, "%q is a member of the organization %q already.", name, o.Slug),
			`insert into memberships (organization_id, user_id, level, granted_by) values ($1, $2, $3, $4) on conflict do nothing returning user_id`,
			o.ID, user, level, caller.User.Name)
		return err
	})
}

// ChangeMember gives a member another level.
func (c *Catalog) ChangeMember(ctx context.Context, caller auth.Caller, organization, name string, level auth.Level) error {
	return c.changeMember(ctx, caller, organization, name, func(tx Tx, o Organization, user uuid.UUID) error {
		_, err := one(ctx, tx, pgx.RowTo[uuid.UUID], errNoMember(name, o.Slug),
			`update memberships set level = $3, granted_at = now(), granted_by = $4 where organization_id = $1 and user_id = $2 returning user_id`,
			o.ID, user, level, caller.User.Name)
		return err
	})
}

// RemoveMember ends a membership.
func (c *Catalog) RemoveMember(ctx context.Context, caller auth.Caller, organization, name string) error {
	return c.changeMember(ctx, caller, organization, name, func(tx Tx, o Organization, user uuid.UUID) error {
		_, err := one(ctx, tx, pgx.RowTo[uuid.UUID], errNoMember(name, o.Slug),
			`delete from memberships where organization_id = $1 and user_id = $2 returning user_id`, o.ID, user)
		return err
	})
}

func errNoMember(name, organization string) error {
	return cairn.Errorf(cairn.NotFound, "%q is no member of the organization %q.", name, organization)
}

// changeMember runs a change of a user's membership for those who manage members.
func (c *Catalog) changeMember(ctx context.Context, caller auth.Caller, organization, name string, change func(tx Tx, o Organization, user uuid.UUID) error) error {
	o, err := c.Organization(ctx, caller, organization, auth.ManageOrganization)
	if err != nil {
		return err
	}
	return c.Update(ctx, func(tx Tx) error {
		user, err := one(ctx, tx, pgx.RowTo[uuid.UUID], cairn.Errorf(cairn.NotFound, "There is no user %q.", name), `select id from users where name = $1 for key share`, name)
		if err != nil {
			return err
		}
		return change(tx, o, user)
	})
}
