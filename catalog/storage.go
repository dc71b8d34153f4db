package catalog

import (
	"context"
	"fmt"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Storage is what a user may store, and what the datasets of the user's
// organizations hold: every entry counts in full in each of them.
type Storage struct {
	Quota *int64 // bytes, nil without a limit
	Used  int64  // bytes
}

// storageUsed adds up running totals, so it costs a row for each dataset.
const storageUsed = `(select coalesce(sum(d.size), 0)::bigint from organizations o join datasets d on d.organization_id = o.id where o.owner_id = u.id)`

// Storage returns how much a user stores.
func (c *Catalog) Storage(ctx context.Context, user uuid.UUID) (Storage, error) {
	return storageOf(ctx, c.pool, user)
}

func storageOf(ctx context.Context, q querier, user uuid.UUID) (Storage, error) {
	return one(ctx, q, pgx.RowToStructByPos[Storage], cairn.Errorf(cairn.NotFound, "There is no such user."),
		`select `+storageQuota+`, `+storageUsed+` from users u where u.id = $1`, user)
}

// LimitStorage makes the owners of organizations keep to their quotas. It must
// be called before the first request.
func (c *Catalog) LimitStorage() { c.storageLimited = true }

// StorageLimited tells whether the owners of organizations must keep to their quotas.
func (c *Catalog) StorageLimited() bool { return c.storageLimited }

// Room is how much a file that is to be stored may hold.
type Room struct {
	storage Storage
	bytes   int64
}

// Room returns how much the file at the path of the dataset may hold, which it
// may replace; for "" any file of the dataset may turn out to be replaced.
func (c *Catalog) Room(ctx context.Context, d *Dataset, path string) (Room, error) {
	if !d.Charged.Valid {
		return Room{}, nil
	}
	storage, err := c.Storage(ctx, d.Charged.UUID)
	if err != nil || storage.Quota == nil {
		return Room{}, err
	}
	replaced := d.Size
	if path != "" {
		replaced, err = one(ctx, c.pool, pgx.RowTo[int64], nil, `select coalesce(sum(size), 0)::bigint from entries where dataset_id = $1 and path = $2`, d.ID, path)
	}
	return Room{storage, max(*storage.Quota-storage.Used, 0) + replaced}, err
}

// Limited tells whether there is a limit at all.
func (r Room) Limited() bool { return r.storage.Quota != nil }

// Check returns an error unless so many bytes fit.
func (r Room) Check(bytes int64) error {
	if r.storage.Quota == nil || bytes <= r.bytes {
		return nil
	}
	return errQuota(r.storage, fmt.Sprintf("there is room for %d more, and this is a file of at least %d bytes", r.bytes, bytes))
}

func errQuota(s Storage, why string) error {
	return cairn.Errorf(cairn.QuotaExceeded, "Storage quota exceeded: %d of the %d bytes that the owner of the organization may store are used; %s. Delete something, or ask an administrator for more.", s.Used, *s.Quota, why)
}

// Charge makes a change that adds to the dataset, and refuses it if it brings
// the owner of the organization over the quota. Such changes take turns, so
// that many at once can't overrun it either; without a quota nobody waits.
func (tx Tx) Charge(ctx context.Context, d *Dataset, change func() error) error {
	if !d.Charged.Valid {
		return change()
	}
	owner := d.Charged.UUID
	before, err := storageOf(ctx, tx, owner)
	if err != nil {
		return err
	}
	if before.Quota == nil {
		return change()
	}
	if _, err := tx.Exec(ctx, `select from users where id = $1 for no key update`, owner); err != nil {
		return err
	}
	if before, err = storageOf(ctx, tx, owner); err != nil {
		return err
	}
	if err := change(); err != nil {
		return err
	}
	after, err := storageOf(ctx, tx, owner)
	if err == nil && after.Quota != nil && after.Used > *after.Quota && after.Used > before.Used {
		return errQuota(before, fmt.Sprintf("this would add %d", after.Used-before.Used))
	}
	return err
}
