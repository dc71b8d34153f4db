package auth

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"

	"github.com/cairngeo/cairn"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Metadata returns what is noted about a user, a JSON object.
func (u *Users) Metadata(ctx context.Context, c Caller, name string) (json.RawMessage, error) {
	user, err := u.Account(ctx, c, name, UseAccount)
	if err != nil {
		return nil, err
	}
	var metadata json.RawMessage
	err = u.pool.QueryRow(ctx, `select metadata from users where id = $1`, user.ID).Scan(&metadata)
	return metadata, Reach(err)
}

// SetMetadata replaces what is noted about a user by a JSON object. A member
// "roles" sets the user's roles too, "maxStorageMB" (MiB) limits the storage.
func (u *Users) SetMetadata(ctx context.Context, c Caller, name string, metadata json.RawMessage) error {
	if err := Decide(c, Administer, Facts{}); err != nil {
		return err
	}
	account, err := u.Account(ctx, c, name, UseAccount)
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(bytes.TrimSpace(metadata), []byte("{")) {
		return cairn.Errorf(cairn.Invalid, "The metadata of a user is a JSON object.")
	}
	roles, err := meaningOf(metadata)
	if err != nil {
		return err
	}
	err = u.update(ctx, func(tx pgx.Tx) error {
		if err := lockAdmins(ctx, tx); err != nil {
			return err
		}
		user, _, err := findIn(ctx, tx, `id = $1`, account.ID)
		if err != nil || user == nil {
			return gone(name, err)
		}
		if roles != nil {
			if err := setRoles(ctx, tx, c, user, distinct(roles)); err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `update users set metadata = $2 where id = $1`, user.ID, metadata)
		return err
	})
	if refused, ok := errors.AsType[*pgconn.PgError](err); ok && (refused.Code[:2] == "22" || refused.Code[:2] == "54") { // data, program limit
		return cairn.Errorf(cairn.Invalid, "The metadata has a value that can't be stored: a NUL character, too large a number, or too deep a nesting.").Because(err)
	}
	return err
}

// meaningOf checks the members of a user's metadata that mean something here
// and returns the roles, nil without any. Other spellings are other members.
func meaningOf(metadata json.RawMessage) (roles []string, err error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(metadata, &members); err != nil {
		return nil, cairn.Errorf(cairn.Invalid, "The metadata of a user is a JSON object.").Because(err)
	}
	if err := checkStorageLimit(members["maxStorageMB"]); err != nil {
		return nil, err
	}
	if said := members["roles"]; said != nil && json.Unmarshal(said, &roles) != nil {
		return nil, cairn.Errorf(cairn.Invalid, "The roles in the metadata must be a list of role names.")
	}
	return roles, nil
}

// checkStorageLimit refuses what is no limit in MiB; null is none.
func checkStorageLimit(value json.RawMessage) error {
	if len(value) == 0 || string(value) == "null" {
		return nil
	}
	var limit int64
	if err := json.Unmarshal(value, &limit); err != nil || limit < 0 || limit > math.MaxInt64>>20 {
		return cairn.Errorf(cairn.Invalid, "maxStorageMB must be a whole number of MiB, 0 or more.")
	}
	return nil
}
