package auth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Account returns the user of that name if the caller may do the action with
// the account. Only who may learns whether there is one.
func (u *Users) Account(ctx context.Context, c Caller, name string, action Action) (*User, error) {
	var user *User
	var err error
	if validText(name) {
		if user, _, err = u.find(ctx, `name = $1`, name); err != nil {
			return nil, err
		}
	}
	whose := uuid.NullUUID{Valid: true}
	if user != nil {
		whose.UUID = user.ID
	}
	if err := Decide(c, action, Facts{User: whose}); err != nil {
		return nil, err
	}
	if user == nil {
		return nil, cairn.Errorf(cairn.NotFound, "There is no user %q.", name)
	}
	return user, nil
}

// validText tells whether the database can hold the text and a name may be as long.
func validText(s string) bool {
	return len(s) <= maxName && utf8.ValidString(s) && !strings.ContainsRune(s, 0)
}

// NewUser is what a user is created from.
type NewUser struct {
	Name, Email, Password string
	Roles                 []string
}

// Add creates a user for an administrator.
func (u *Users) Add(ctx context.Context, c Caller, n NewUser) (*User, error) {
	if err := Decide(c, Administer, Facts{}); err != nil {
		return nil, err
	}
	for _, err := range []error{u.MayManage(), CheckName(n.Name), checkEmail(n.Email), u.policy.Check(n.Password)} {
		if err != nil {
			return nil, err
		}
	}
	user := &User{Name: n.Name, Email: n.Email, Roles: distinct(n.Roles)}
	hash := hashPassword(n.Password)
	err := u.update(ctx, func(tx pgx.Tx) error {
		if err := checkRoles(ctx, tx, user.Roles); err != nil {
			return err
		}
		return u.insert(ctx, tx, user, &hash)
	})
	return user, err
}

// AccountChange is what an edit changes; nil members keep their value.
type AccountChange struct {
	Email *string
	Roles *[]string
}

// Edit changes an account, all of it or nothing. The own e-mail address is
// everybody's to change, the rest an administrator's. The last administrator
// who can sign in stays one.
func (u *Users) Edit(ctx context.Context, c Caller, name string, change AccountChange) error {
	account, err := u.Account(ctx, c, name, UseAccount)
	if err != nil {
		return err
	}
	if err := u.MayManage(); err != nil {
		return err
	}
	if change.Email != nil {
		if err := checkEmail(*change.Email); err != nil {
			return err
		}
	}
	return u.update(ctx, func(tx pgx.Tx) error {
		if err := lockAdmins(ctx, tx); err != nil {
			return err
		}
		user, _, err := findIn(ctx, tx, `id = $1`, account.ID)
		if err != nil || user == nil {
			return gone(name, err)
		}
		if change.Roles != nil {
			if err := setRoles(ctx, tx, c, user, distinct(*change.Roles)); err != nil {
				return err
			}
		}
		if change.Email == nil {
			return nil
		}
		_, err = tx.Exec(ctx, `update users set email = $2 where id = $1`, user.ID, *change.Email)
		return err
	})
}

// setRoles gives the user exactly these roles. Whoever is no administrator may
// only say what is so already.
func setRoles(ctx context.Context, tx pgx.Tx, c Caller, user *User, roles []string) error {
	if slices.Equal(roles, distinct(user.Roles)) {
		return nil
	}
	if err := Decide(c, Administer, Facts{}); err != nil {
		return err
	}
	if err := checkRoles(ctx, tx, roles); err != nil {
		return err
	}
	after := *user
	after.Roles = roles
	if user.governs() && !after.governs() {
		if err := mustNotBeLast(ctx, tx, user.ID); err != nil {
			return err
		}
	}
	return giveRoles(ctx, tx, &after)
}

// governs tells whether the user is an administrator who can sign in.
func (u *User) governs() bool { return u.Has(RoleAdmin) && !u.Has(RoleDeactivated) }

// lockAdmins makes those who change administrators take turns, so that two
// can't remove each other.
func lockAdmins(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `select pg_advisory_xact_lock(hashtextextended('administrators', 0))`)
	return err
}

func mustNotBeLast(ctx context.Context, tx pgx.Tx, id uuid.UUID) error {
	var others bool
	err := tx.QueryRow(ctx, `select exists (select from user_roles r where role = 'admin' and user_id <> $1
		and not exists (select from user_roles d where d.user_id = r.user_id and d.role = 'deactivated'))`, id).Scan(&others)
	if err == nil && !others {
		return cairn.Errorf(cairn.Invalid, "This is the last administrator. Make somebody else one first.")
	}
	return err
}

// firstAdmin is the user that the first start makes; it can't be deleted.
const firstAdmin = "admin"

// RemoveIn deletes a user in a transaction, if he may go, once settle has dealt with what he owns.
func (u *Users) RemoveIn(ctx context.Context, tx pgx.Tx, user *User, settle func() error) error {
	if user.Name == firstAdmin {
		return cairn.Errorf(cairn.Invalid, "The user %q can't be deleted. It can be deactivated once there is another administrator.", firstAdmin)
	}
	if err := lockAdmins(ctx, tx); err != nil {
		return err
	}
	if user.governs() {
		if err := mustNotBeLast(ctx, tx, user.ID); err != nil {
			return err
		}
	}
	if err := settle(); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `delete from users where id = $1`, user.ID)
	return err
}

func gone(name string, err error) error {
	if err == nil {
		err = cairn.Errorf(cairn.NotFound, "There is no user %q.", name)
	}
	return err
}

// checkEmail refuses what can't be an e-mail address; "" is none.
func checkEmail(email string) error {
	if email == "" || len(email) <= 254 && utf8.ValidString(email) && strings.Count(email, "@") == 1 &&
		!strings.ContainsFunc(email, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }) {
		return nil
	}
	return cairn.Errorf(cairn.Invalid, "%q is not an e-mail address.", email)
}

func checkRoles(ctx context.Context, tx pgx.Tx, roles []string) error {
	for _, role := range roles {
		if !validText(role) {
			return errNoRole(cairn.Invalid, role)
		}
	}
	var unknown string
	err := tx.QueryRow(ctx, `select r from unnest($1::text[]) r where not exists (select from roles where name = r) limit 1`, roles).Scan(&unknown)
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		return nil
	case err != nil:
		return fmt.Errorf("roles: %w", err)
	}
	return errNoRole(cairn.Invalid, unknown)
}

func distinct(texts []string) []string {
	return slices.Compact(slices.Sorted(slices.Values(texts)))
}
