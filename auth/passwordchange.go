package auth

import (
	"context"
	"log/slog"

	"github.com/cairngeo/cairn"
	"github.com/jackc/pgx/v5"
)

// PasswordChange is a new password and what proves that it may be set.
type PasswordChange struct {
	Current *string // the present password; nil: an administrator sets it for somebody
	New     string
	From    string // the caller's address: wrong ones count like failed logins
}

// ChangePassword gives the user of that name a new password. All older tokens
// of the user end with it; the one returned is good.
func (u *Users) ChangePassword(ctx context.Context, c Caller, name string, change PasswordChange) (*User, Token, error) {
	account, err := u.Account(ctx, c, name, UseAccount)
	if err != nil {
		return nil, Token{}, err
	}
	if err := u.keepsPassword(ctx, account); err != nil {
		return nil, Token{}, err
	}
	own := account.ID == c.User.ID
	if !own || c.Admin() && change.Current == nil {
		slog.Info("an administrator sets a password", "administrator", c.User.Name, "user", name)
	} else if err := u.prove(ctx, c.User, change); err != nil {
		return nil, Token{}, err
	}
	if err := u.policy.Check(change.New); err != nil {
		return nil, Token{}, err
	}
	hash := hashPassword(change.New)
	err = u.update(ctx, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `update users set password_hash = $2, token_generation = token_generation + 1 where id = $1`, account.ID, hash)
		if err == nil && tag.RowsAffected() == 0 {
			return cairn.Errorf(cairn.NotFound, "There is no user %q.", name)
		}
		return err
	})
	if err != nil {
		return nil, Token{}, err
	}
	user, err := u.byID(ctx, account.ID)
	if err != nil || user == nil {
		return nil, Token{}, gone(name, err)
	}
	token, err := sign(u.secret, user, u.lifetime)
	return user, token, err
}

// RemovePassword makes a user for an administrator sign in elsewhere only. All
// tokens of the user end.
func (u *Users) RemovePassword(ctx context.Context, c Caller, name string) error {
	account, err := u.Account(ctx, c, name, Administer)
	if err != nil {
		return err
	}
	return u.update(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `update users set password_hash = null, token_generation = token_generation + 1 where id = $1`, account.ID)
		return err
	})
}

// keepsPassword refuses to give a password to somebody who signs in elsewhere.
func (u *Users) keepsPassword(ctx context.Context, account *User) error {
	if !u.ManagedElsewhere() {
		return nil
	}
	_, hash, err := u.find(ctx, `id = $1`, account.ID)
	if err == nil && hash == "" {
		return cairn.Errorf(cairn.Invalid, "The password of %q is kept in the directory that people sign in with. Change it there.", account.Name)
	}
	return err
}

// prove checks the present password as a login does.
func (u *Users) prove(ctx context.Context, user *User, change PasswordChange) error {
	if change.Current == nil {
		return errRejected()
	}
	_, _, err := u.Login(ctx, user.Name, *change.Current, change.From)
	return err
}
