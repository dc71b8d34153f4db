package auth

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"unicode"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// admit returns the account of somebody whom the directory knows: it is made
// at the first login, and what the directory says is written down when it has
// changed.
func (u *Users) admit(ctx context.Context, p *Person) (*User, error) {
	p.Name = strings.ToLower(p.Name)
	if err := CheckName(p.Name); err != nil {
		slog.Warn("somebody can't sign in because of the user name", "reason", err)
		return nil, errRejected()
	}
	p.Roles = slices.DeleteFunc(p.Roles, func(role string) bool {
		fits := role != "" && len(role) <= maxName && strings.IndexFunc(role, unicode.IsControl) < 0
		if !fits {
			slog.Warn("the directory gives a role that can't be one", "name", p.Name, "role", role)
		}
		return !fits
	})
	var user *User
	err := u.update(ctx, func(tx pgx.Tx) (err error) {
		user, err = u.admitIn(ctx, tx, p)
		return err
	})
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && (refused.Code[:2] == "22" || refused.Code[:2] == "54") { // data, program limit
		slog.Error("what the directory says of somebody can't be stored", "name", p.Name, "error", err)
		return nil, errNoDirectory().Because(err)
	}
	return user, err
}

func (u *Users) admitIn(ctx context.Context, tx pgx.Tx, p *Person) (*User, error) {
	if _, err := tx.Exec(ctx, `insert into roles select unnest($1::text[]) on conflict do nothing`, p.Roles); err != nil {
		return nil, fmt.Errorf("roles: %w", err)
	}
	user, hash, err := findIn(ctx, tx, `name = $1 for update`, p.Name)
	if err == nil && user == nil {
		user, err = u.firstLogin(ctx, tx, p)
		if cairn.CodeOf(err) != cairn.Conflict {
			return user, err
		}
		user, hash, err = findIn(ctx, tx, `name = $1 for update`, p.Name) // another request was faster
	}
	if err != nil {
		return nil, err
	}
	if user == nil || hash != "" {
		slog.Warn("somebody can't sign in by the directory: the account has a password here", "name", p.Name)
		return nil, errRejected()
	}
	return user, synchronize(ctx, tx, user, p)
}

func (u *Users) firstLogin(ctx context.Context, tx pgx.Tx, p *Person) (*User, error) {
	user := &User{Name: p.Name, Roles: p.rolesAfter(nil)}
	if p.Email != nil {
		user.Email = *p.Email
	}
	if err := u.insert(ctx, tx, user, nil); err != nil {
		return nil, err
	}
	slog.Info("a user was made at the first login", "name", user.Name, "roles", user.Roles)
	return user, writeMetadata(ctx, tx, user.ID, p)
}

// synchronize writes what the directory says of a user where it differs: a
// statement that changes nothing would still make all nodes forget.
func synchronize(ctx context.Context, tx pgx.Tx, user *User, p *Person) error {
	if p.Email != nil && *p.Email != user.Email {
		user.Email = *p.Email
		if _, err := tx.Exec(ctx, `update users set email = $2 where id = $1`, user.ID, user.Email); err != nil {
			return fmt.Errorf("e-mail: %w", err)
		}
	}
	if roles := p.rolesAfter(user.Roles); !slices.Equal(roles, slices.Sorted(slices.Values(user.Roles))) {
		slog.Info("the directory changes the roles of a user", "name", user.Name, "before", user.Roles, "now", roles)
		user.Roles = roles
		if err := giveRoles(ctx, tx, user); err != nil {
			return err
		}
	}
	return writeMetadata(ctx, tx, user.ID, p)
}

func writeMetadata(ctx context.Context, tx pgx.Tx, id uuid.UUID, p *Person) error {
	if p.Metadata == nil {
		return nil
	}
	var same bool
	err := tx.QueryRow(ctx, `select metadata = $2 from users where id = $1`, id, p.Metadata).Scan(&same)
	if err == nil && !same {
		_, err = tx.Exec(ctx, `update users set metadata = $2 where id = $1`, id, p.Metadata)
	}
	if err != nil {
		return fmt.Errorf("metadata: %w", err)
	}
	return nil
}

// giveRoles makes the user's roles exactly those of the User.
func giveRoles(ctx context.Context, tx pgx.Tx, user *User) error {
	_, err := tx.Exec(ctx, `delete from user_roles where user_id = $1 and role <> all (coalesce($2::text[], '{}'))`, user.ID, user.Roles)
	if err == nil {
		_, err = tx.Exec(ctx, `insert into user_roles select $1, unnest($2::text[]) on conflict do nothing`, user.ID, user.Roles)
	}
	if err != nil {
		return fmt.Errorf("roles: %w", err)
	}
	return nil
}
