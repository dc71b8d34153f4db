package auth

import (
	"context"
	"strings"
	"unicode"

	"github.com/cairngeo/cairn"
	"github.com/jackc/pgx/v5"
)

func errNoRole(code cairn.Code, role string) error {
	return cairn.Errorf(code, "There is no role %q.", role)
}

// Roles lists all roles for anybody who is signed in.
func (u *Users) Roles(ctx context.Context, c Caller) ([]string, error) {
	if err := Decide(c, BeSomebody, Facts{}); err != nil {
		return nil, err
	}
	rows, err := u.pool.Query(ctx, `select name from roles order by name`)
	if err != nil {
		return nil, Reach(err)
	}
	roles, err := pgx.CollectRows(rows, pgx.RowTo[string])
	return roles, Reach(err)
}

// AddRole creates a role that users can be given.
func (u *Users) AddRole(ctx context.Context, c Caller, role string) error {
	if err := Decide(c, Administer, Facts{}); err != nil {
		return err
	}
	if role == "" || !validText(role) || strings.ContainsFunc(role, unicode.IsControl) {
		return cairn.Errorf(cairn.Invalid, "A role's name has 1 to %d bytes and no control characters.", maxName)
	}
	return u.update(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `insert into roles (name) values ($1) on conflict do nothing`, role)
		if err == nil && tag.RowsAffected() == 0 {
			return cairn.Errorf(cairn.Conflict, "There is a role %q already.", role)
		}
		return err
	})
}

// RemoveRole deletes a role and takes it from all users.
func (u *Users) RemoveRole(ctx context.Context, c Caller, role string) error {
	if err := Decide(c, Administer, Facts{}); err != nil {
		return err
	}
	if role == RoleAdmin || role == RoleDeactivated {
		return cairn.Errorf(cairn.Invalid, "The role %q can't be deleted.", role)
	}
	if !validText(role) {
		return errNoRole(cairn.NotFound, role)
	}
	return u.update(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `delete from roles where name = $1`, role)
		if err == nil && tag.RowsAffected() == 0 {
			return errNoRole(cairn.NotFound, role)
		}
		return err
	})
}
