package catalog

import (
	"context"
	"fmt"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Welcome gives a new user a private organization with the user's slug, or
// the next free one: alice, alice-1, alice-2, … It is an auth.Welcome.
func Welcome(ctx context.Context, tx pgx.Tx, user *auth.User) error {
	own := NewOrganization{Name: user.Name + " organization"}
	owner := uuid.NullUUID{UUID: user.ID, Valid: true}
	wished := Slug(user.Name)
	for n := 0; ; n++ {
		own.Slug = wished
		if n > 0 {
			number := fmt.Sprintf("-%d", n)
			own.Slug = wished[:min(len(wished), longestSlug-len(number))] + number
		}
		if err := (Tx{tx}).insertOrganization(ctx, own, owner); cairn.CodeOf(err) != cairn.Conflict {
			return err
		}
	}
}
