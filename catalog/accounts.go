package catalog

import (
	"context"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Account is a user with what he has in the catalog.
type Account struct {
	ID            uuid.UUID
	Name, Email   string
	Roles         []string
	Organizations []string // slugs of those he owns or is a member of
	Quota         *int64   // bytes, nil without one
	Used          int64    // bytes in the organizations that he owns
	Datasets      int      // in the organizations that he owns
	CreatedAt     time.Time
}

// storageQuota is how many bytes the user u may keep, null without a limit.
// Metadata that a directory gave is not checked, hence the bounds.
const storageQuota = `case when jsonb_typeof(u.metadata -> 'maxStorageMB') = 'number'
	then least(greatest(floor((u.metadata ->> 'maxStorageMB')::numeric), 0), 8796093022207)::bigint * 1048576 end`

// Accounts lists all users for an administrator.
func (c *Catalog) Accounts(ctx context.Context, caller auth.Caller) ([]Account, error) {
	if err := auth.Decide(caller, auth.Administer, auth.Facts{}); err != nil {
		return nil, err
	}
	return many(ctx, c.pool, pgx.RowToStructByPos[Account], `
		select u.id, u.name, coalesce(u.email, ''),
			coalesce((select array_agg(role order by role) from user_roles where user_id = u.id), '{}'),
			coalesce((select array_agg(slug order by slug) from organizations o where owner_id = u.id
				or exists (select from memberships m where m.organization_id = o.id and m.user_id = u.id)), '{}'),
			`+storageQuota+`,
			coalesce(own.size, 0)::bigint, coalesce(own.datasets, 0), u.created_at
		from users u left join lateral (select sum(d.size) size, count(*) datasets
			from organizations o join datasets d on d.organization_id = o.id where o.owner_id = u.id) own on true
		order by u.name`)
}

// Departure is what became of a deleted user's organizations.
type Departure struct {
	Organizations int
	Datasets      []string // slugs
	Batches       int      // unfinished shares that ended
}

// DeleteUser deletes a user for an administrator. What he owns goes to the
// successor as it is; without one ("") it is deleted.
func (c *Catalog) DeleteUser(ctx context.Context, caller auth.Caller, users *auth.Users, name, successor string) (Departure, error) {
	if err := auth.Decide(caller, auth.Administer, auth.Facts{}); err != nil {
		return Departure{}, err
	}
	if err := users.MayManage(); err != nil {
		return Departure{}, err
	}
	user, err := users.Account(ctx, caller, name, auth.UseAccount)
	if err != nil {
		return Departure{}, err
	}
	var heir *auth.User
	if successor != "" {
		if heir, err = users.Account(ctx, caller, successor, auth.UseAccount); cairn.CodeOf(err) == cairn.NotFound {
			return Departure{}, cairn.Errorf(cairn.Invalid, "There is no user %q to be the successor.", successor)
		} else if err != nil {
			return Departure{}, err
		}
		if heir.ID == user.ID {
			return Departure{}, cairn.Errorf(cairn.Invalid, "A user can't be the own successor.")
		}
	}
	var left Departure
	err = c.Update(ctx, func(tx Tx) error {
		return users.RemoveIn(ctx, tx.Tx, user, func() (err error) {
			left, err = tx.depart(ctx, user, heir)
			return err
		})
	})
	return left, err
}

// depart hands over what the user owns, or deletes it if there is no heir.
func (tx Tx) depart(ctx context.Context, user, heir *auth.User) (left Departure, err error) {
	if heir == nil { // nobody deletes the public organization; it goes on without an owner
		if _, err := tx.Exec(ctx, `update organizations set owner_id = null where owner_id = $1 and slug = $2`, user.ID, PublicOrganization); err != nil {
			return left, err
		}
	}
	owned, err := many(ctx, tx, pgx.RowTo[uuid.UUID], `select id from organizations where owner_id = $1 for update`, user.ID)
	if err != nil {
		return left, err
	}
	left.Organizations = len(owned)
	if err := tx.QueryRow(ctx, `select count(*) from share_batches where user_id = $1 and status = 0`, user.ID).Scan(&left.Batches); err != nil {
		return left, err
	}
	if left.Datasets, err = many(ctx, tx, pgx.RowTo[string], `select slug from datasets where organization_id = any($1) order by slug`, owned); err != nil {
		return left, err
	}
	if heir == nil {
		_, err = tx.Exec(ctx, `delete from organizations where id = any($1)`, owned)
		return left, err
	}
	if _, err = tx.Exec(ctx, `update organizations set owner_id = $2 where id = any($1)`, owned, heir.ID); err != nil {
		return left, err
	}
	_, err = tx.Exec(ctx, `delete from memberships where organization_id = any($1) and user_id = $2`, owned, heir.ID) // owners are no members
	return left, err
}
