package catalog

import (
	"context"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Ticket is a download that was asked for and is to be fetched by its token.
type Ticket struct {
	User   uuid.NullUUID // who asked; not valid: nobody in particular
	Paths  []string
	Inline bool
}

// ticketLifetime is how long a ticket is good for.
const ticketLifetime = 10 * time.Minute

// IssueTicket keeps a download of the dataset for ten minutes and returns its token.
func (c *Catalog) IssueTicket(ctx context.Context, d *Dataset, t Ticket) (token string, err error) {
	token = auth.RandomText(32)
	err = c.Update(ctx, func(tx Tx) error {
		if _, err := tx.Exec(ctx, `delete from download_tickets where expires_at < now()`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `insert into download_tickets (token, dataset_id, user_id, paths, inline, expires_at) values ($1, $2, $3, $4, $5, now() + $6::interval)`,
			token, d.ID, t.User, t.Paths, t.Inline, ticketLifetime)
		return err
	})
	return token, err
}

// Ticket returns the download of the dataset that has the token. The dataset
// is named by its slugs because nobody has been asked yet who may read it.
func (c *Catalog) Ticket(ctx context.Context, organization, dataset, token string) (Ticket, error) {
	return one(ctx, c.pool, pgx.RowToStructByPos[Ticket], cairn.Errorf(cairn.NotFound, "The link to this download is no longer good. Start the download again."), `
		select t.user_id, t.paths, t.inline from download_tickets t join datasets d on d.id = t.dataset_id join organizations o on o.id = d.organization_id
		where t.token = $1 and t.expires_at > now() and o.slug = $2 and d.slug = $3`, token, organization, dataset)
}
