package catalog

import (
	"context"

	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Initialize gives an empty catalog its administrator with the given password
// (a random one for ""), the administrator's own organization, and the
// organization "public" with the dataset "default". It returns the password
// that was set, or "" if the catalog was not empty.
func (c *Catalog) Initialize(ctx context.Context, users *auth.Users, password string) (set string, err error) {
	err = c.Update(ctx, func(tx Tx) error {
		if _, err := tx.Exec(ctx, `select pg_advisory_xact_lock($1)`, migrationLock); err != nil {
			return err
		}
		var admin uuid.UUID
		admin, set, err = users.EnsureAdmin(ctx, tx, password)
		if err != nil || set == "" {
			return err
		}
		own := NewOrganization{Slug: "admin", Name: "admin organization"}
		if err := tx.insertOrganization(ctx, own, uuid.NullUUID{UUID: admin, Valid: true}); err != nil {
			return err
		}
		public := NewOrganization{Slug: PublicOrganization, Name: "Public", IsPublic: true}
		if err := tx.insertOrganization(ctx, public, uuid.NullUUID{}); err != nil {
			return err
		}
		id, err := one(ctx, tx, pgx.RowTo[uuid.UUID], nil, `select id from organizations where slug = $1`, PublicOrganization)
		if err != nil {
			return err
		}
		_, err = tx.insertDataset(ctx, id, NewDataset{Slug: "default", Visibility: auth.Public})
		return err
	})
	return set, err
}

// Filled tells whether the database holds a catalog that Initialize has filled.
func (c *Catalog) Filled(ctx context.Context) (bool, error) {
	var made bool
	err := c.pool.QueryRow(ctx, `select to_regclass('users') is not null and to_regclass('settings') is not null`).Scan(&made)
	if err != nil || !made {
		return false, translate(err)
	}
	err = c.pool.QueryRow(ctx, `select exists (select from users)`).Scan(&made)
	return made, translate(err)
}
