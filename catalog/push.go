package catalog

import (
	"context"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Push is a stamp that a dataset is to have, and what was sent for it so far.
// It touches the dataset at commit only.
type Push struct {
	Token     string
	Committed bool
	Dataset   *Dataset // as it was when it was asked for

	caller   auth.Caller
	checksum string // of the stamp that is pushed
	basedOn  string // checksum of the dataset's stamp when the push began
	revision int64  // of the dataset then
}

// OpenPush begins a push of the caller to a dataset, which need not exist yet.
func (tx Tx) OpenPush(ctx context.Context, caller auth.Caller, d *Dataset) (*Push, error) {
	p := &Push{Token: auth.RandomText(32), Dataset: d, caller: caller, revision: d.Revision}
	_, err := tx.Exec(ctx, `insert into pushes (token, user_id, organization_id, slug, dataset_id, checksum, based_on, revision) values ($1, $2, $3, $4, $5, '', '', $6)`,
		p.Token, caller.ID(), d.OrganizationID, d.Slug, d.id(), d.Revision)
	return p, err
}

// id is null for a dataset that does not exist yet.
func (d *Dataset) id() uuid.NullUUID { return uuid.NullUUID{UUID: d.ID, Valid: d.ID != uuid.Nil} }

// ofUser is a condition on a push: its user, and the dataset that it goes to,
// which may have come into being meanwhile, also by the push itself just now;
// ofPush is that of one push.
const (
	ofUser = ` user_id = $2 and (dataset_id = $3 or (dataset_id is null or committed and $3 is null) and organization_id = $4 and slug = $5) and (committed or last_active_at > now() - $6::interval)`
	ofPush = ` token = $1 and` + ofUser
)

// Push returns the caller's push to the dataset that has the token.
func (c *Catalog) Push(ctx context.Context, caller auth.Caller, d *Dataset, token string) (*Push, error) {
	p := &Push{Token: token, Dataset: d, caller: caller}
	return p, p.load(ctx, c.pool, ``)
}

// load reads the push again, with a lock that the SQL may name.
func (p *Push) load(ctx context.Context, q querier, lock string) error {
	if len(p.Token) > maxToken {
		return errNoPush()
	}
	_, err := one(ctx, q, func(row pgx.CollectableRow) (struct{}, error) {
		return struct{}{}, row.Scan(&p.checksum, &p.basedOn, &p.revision, &p.Committed)
	}, errNoPush(), `select checksum, based_on, revision, committed from pushes where`+ofPush+lock,
		p.Token, p.caller.ID(), p.Dataset.id(), p.Dataset.OrganizationID, p.Dataset.Slug, pushTimeout)
	return err
}

// maxToken is longer than any token, in bytes.
const maxToken = 128

func errNoPush() error {
	return cairn.Errorf(cairn.Invalid, "There is no such push of yours to this dataset, or it has ended. Push again.")
}

// Touch keeps the push from ending for another day.
func (c *Catalog) Touch(ctx context.Context, p *Push) error {
	_, err := c.pool.Exec(ctx, `update pushes set last_active_at = now() where token = $1 and last_active_at < now() - interval '1 minute'`, p.Token)
	return translate(err)
}

// CreateDestination makes the dataset of a push, private, if there was none.
func (tx Tx) CreateDestination(ctx context.Context, p *Push) error {
	if p.Dataset.ID != uuid.Nil {
		return tx.Lock(ctx, p.Dataset.ID)
	}
	id, err := tx.insertDataset(ctx, p.Dataset.OrganizationID, NewDataset{Slug: p.Dataset.Slug})
	if cairn.CodeOf(err) == cairn.Conflict {
		return errChanged()
	}
	d := *p.Dataset
	d.ID, p.Dataset = id, &d
	return err
}

func errChanged() *cairn.Error {
	return cairn.Errorf(cairn.Conflict, "The dataset was changed by somebody else since this push began. Nothing was pushed; pull the changes, then push again.")
}

// EndSessions forgets pushes that nobody went on with for a day, rolls back
// shares that nobody went on with for an hour, and returns how many they were.
func (c *Catalog) EndSessions(ctx context.Context) (pushes, shares int, err error) {
	err = c.Update(ctx, func(tx Tx) error {
		tag, err := tx.Exec(ctx, `delete from pushes where token in (
			select token from pushes where last_active_at < now() - $1::interval for update skip locked)`, pushTimeout)
		if err != nil {
			return err
		}
		idle, err := many(ctx, tx, pgx.RowTo[string], `select token from share_batches where status = $1 and last_active_at < now() - $2::interval for update skip locked`,
			BatchRunning, batchTimeout)
		if err != nil {
			return err
		}
		pushes, shares = int(tag.RowsAffected()), len(idle)
		return tx.endBatches(ctx, idle)
	})
	return pushes, shares, err
}

// How long after its last activity a share and a push end.
const (
	batchTimeout = time.Hour
	pushTimeout  = 24 * time.Hour
)
