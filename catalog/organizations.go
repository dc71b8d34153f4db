package catalog

import (
	"context"
	"slices"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// PublicOrganization is the organization that every signed-in user sees and nobody deletes.
const PublicOrganization = "public"

// Organization owns datasets. It is somebody's, or nobody's.
type Organization struct {
	ID          uuid.UUID
	Slug        string
	Name        string
	Description *string
	CreatedAt   time.Time
	OwnerID     uuid.NullUUID
	OwnerName   *string // nil: ownerless
	IsPublic    bool

	Access auth.Organization // what decides about the caller's rights
}

// organizationColumns selects an Organization o as the caller ($1) sees it.
const organizationColumns = `o.id, o.slug, o.name, o.description, o.created_at, o.owner_id, u.name, o.is_public,
	not exists (select from user_roles r where r.user_id = o.owner_id and r.role = 'deactivated'), m.level`

const organizationTables = ` organizations o
	left join users u on u.id = o.owner_id
	left join memberships m on m.organization_id = o.id and m.user_id = $1`

func scanOrganization(row pgx.CollectableRow) (Organization, error) {
	var o Organization
	err := row.Scan(o.columns()...)
	return o.withAccess(), err
}

func (o *Organization) columns() []any {
	return []any{&o.ID, &o.Slug, &o.Name, &o.Description, &o.CreatedAt, &o.OwnerID, &o.OwnerName, &o.IsPublic,
		&o.Access.OwnerActive, &o.Access.Level}
}

func (o Organization) withAccess() Organization {
	o.Access.Public, o.Access.Owner, o.Access.Protected = o.IsPublic, o.OwnerID, o.Slug == PublicOrganization
	return o
}

// Organization returns the organization if the caller may do the action there.
// An unknown one is NotFound for everybody.
func (c *Catalog) Organization(ctx context.Context, caller auth.Caller, slug string, action auth.Action) (Organization, error) {
	if err := CheckSlug(slug); err != nil {
		return Organization{}, err
	}
	type question struct {
		caller uuid.UUID
		slug   string
	}
	o, err := recall(c.known, question{caller.ID(), slug}, func() (Organization, error) {
		return one(ctx, c.pool, scanOrganization, errNoOrganization(slug),
			`select `+organizationColumns+` from`+organizationTables+` where o.slug = $2`, caller.ID(), slug)
	})
	if err != nil {
		return Organization{}, err
	}
	return o, auth.Decide(caller, action, auth.Facts{Organization: o.Access})
}

func errNoOrganization(slug string) error {
	return cairn.Errorf(cairn.NotFound, "There is no organization %q.", slug)
}

// Organizations lists what a signed-in caller works with: own organizations,
// those that the caller is a member of, and the public one; all of them for an
// administrator. ownedOnly leaves only the caller's own.
func (c *Catalog) Organizations(ctx context.Context, caller auth.Caller, ownedOnly bool) ([]Organization, error) {
	if err := auth.Decide(caller, auth.BeSomebody, auth.Facts{}); err != nil {
		return nil, err
	}
	return many(ctx, c.pool, scanOrganization,
		`select `+organizationColumns+` from`+organizationTables+`
		where o.owner_id = $1 or not $2 and ($3 or m.level is not null or o.slug = 'public') order by o.slug`,
		caller.ID(), ownedOnly, caller.Admin())
}

// PublicOrganizations lists the organizations that everybody may read.
func (c *Catalog) PublicOrganizations(ctx context.Context, caller auth.Caller) ([]Organization, error) {
	if err := auth.Decide(caller, auth.Browse, auth.Facts{}); err != nil {
		return nil, err
	}
	list, err := many(ctx, c.pool, scanOrganization,
		`select `+organizationColumns+` from`+organizationTables+` where o.is_public order by o.slug`, caller.ID())
	return slices.DeleteFunc(list, func(o Organization) bool {
		return auth.Decide(auth.Caller{}, auth.ReadOrganization, auth.Facts{Organization: o.Access}) != nil
	}), err
}

// NewOrganization is what an organization is created from.
type NewOrganization struct {
	Slug        string
	Name        string
	Description *string
	IsPublic    bool
	Owner       string // id or name of the owner; "": the caller
}

// CreateOrganization creates an organization for the caller, or for anybody if the caller is an administrator.
func (c *Catalog) CreateOrganization(ctx context.Context, caller auth.Caller, n NewOrganization) (Organization, error) {
	if err := auth.Decide(caller, auth.BeSomebody, auth.Facts{}); err != nil {
		return Organization{}, err
	}
	if err := CheckSlug(n.Slug); err != nil {
		return Organization{}, err
	}
	if err := checkOrganization(&n.Name, n.Description); err != nil {
		return Organization{}, err
	}
	if n.Name == "" {
		n.Name = n.Slug
	}
	owner := caller.ID()
	if n.Owner != "" {
		id, err := c.ownerToBe(ctx, n.Owner)
		if err != nil && caller.Admin() {
			return Organization{}, err
		}
		if !caller.Admin() && id != owner {
			return Organization{}, cairn.Errorf(cairn.Forbidden, "Only an administrator may create an organization for somebody else.")
		}
		owner = id
	}
	err := c.Update(ctx, func(tx Tx) error {
		return tx.insertOrganization(ctx, n, uuid.NullUUID{UUID: owner, Valid: true})
	})
	if err != nil {
		return Organization{}, err
	}
	return c.Organization(ctx, caller, n.Slug, auth.ReadOrganization)
}

// ownerToBe returns the user whose id or name it is.
func (c *Catalog) ownerToBe(ctx context.Context, owner string) (uuid.UUID, error) {
	return one(ctx, c.pool, pgx.RowTo[uuid.UUID], cairn.Errorf(cairn.Invalid, "There is no user %q to own the organization.", owner),
		`select id from users where id::text = $1 or name = $1 order by id::text = $1 desc limit 1`, owner)
}

// OrganizationChange is what an edit changes; nil members keep their value.
type OrganizationChange struct {
	Name        *string
	Description *string
	IsPublic    *bool
	Owner       *string // id or name; the owner's and administrators' to change
}

// EditOrganization changes an organization. Nobody becomes its owner unless
// the owner or an administrator says so.
func (c *Catalog) EditOrganization(ctx context.Context, caller auth.Caller, slug string, change OrganizationChange) error {
	o, err := c.Organization(ctx, caller, slug, auth.WriteOrganization)
	if err != nil {
		return err
	}
	var owner uuid.NullUUID // not valid: unchanged
	if change.Owner != nil && *change.Owner != "" {
		id, err := c.ownerToBe(ctx, *change.Owner)
		if unchanged := err == nil && o.OwnerID.Valid && o.OwnerID.UUID == id; !unchanged {
			if err := auth.Decide(caller, auth.HandOver, auth.Facts{Organization: o.Access}); err != nil {
				return err
			}
			owner = uuid.NullUUID{UUID: id, Valid: true}
		}
		if err != nil {
			return err
		}
	}
	if err := checkOrganization(change.Name, change.Description); err != nil {
		return err
	}
	if change.Name != nil && *change.Name == "" {
		change.Name = nil
	}
	heir := &Dataset{}
	if c.storageLimited && !caller.Admin() { // what is handed over counts against the new owner's quota
		heir.Charged = owner
	}
	return c.Update(ctx, func(tx Tx) error {
		err := tx.Charge(ctx, heir, func() error {
			_, err := tx.Exec(ctx, `update organizations set name = coalesce($2, name), description = coalesce($3, description),
				is_public = coalesce($4, is_public), owner_id = coalesce($5, owner_id) where id = $1`, o.ID, change.Name, change.Description, change.IsPublic, owner)
			return err
		})
		if err == nil && owner.Valid { // owners are no members
			_, err = tx.Exec(ctx, `delete from memberships where organization_id = $1 and user_id = $2`, o.ID, owner)
		}
		return err
	})
}

// checkOrganization checks what lists of organizations show; nil is nothing.
func checkOrganization(name, description *string) error {
	if name != nil {
		if err := checkLabel("name", *name); err != nil {
			return err
		}
	}
	if description != nil {
		return checkShown("description", *description, maxDescription)
	}
	return nil
}

func (tx Tx) insertOrganization(ctx context.Context, n NewOrganization, owner uuid.NullUUID) error {
	_, err := one(ctx, tx, pgx.RowTo[uuid.UUID], cairn.Errorf(cairn.Conflict, "The organization slug %q is taken.", n.Slug),
		`insert into organizations (slug, name, description, is_public, owner_id) values ($1, $2, $3, $4, $5)
		on conflict (slug) do nothing returning id`, n.Slug, n.Name, n.Description, n.IsPublic, owner)
	return err
}

// DeleteOrganization deletes an organization with all its datasets.
func (c *Catalog) DeleteOrganization(ctx context.Context, caller auth.Caller, slug string) error {
	o, err := c.Organization(ctx, caller, slug, auth.DeleteOrganization)
	open := o.Access
	open.Protected = false
	if o.Access.Protected && auth.Decide(caller, auth.DeleteOrganization, auth.Facts{Organization: open}) == nil {
		return cairn.Errorf(cairn.Invalid, "The organization %q can't be deleted.", slug)
	}
	if err != nil {
		return err
	}
	return c.Update(ctx, func(tx Tx) error {
		_, err := tx.Exec(ctx, `delete from organizations where id = $1`, o.ID)
		return err
	})
}
