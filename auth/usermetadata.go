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

// meaningful are the members of a user's metadata that mean something here.
type meaningful struct {
	MaxStorageMB json.RawMessage `json:"maxStorageMB"`
	Roles        *[]string       `json:"roles"`
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
	var said meaningful
	if err := json.Unmarshal(metadata, &said); err != nil {
		return cairn.Errorf(cairn.Invalid, "The metadata is not understood. In it, roles is a list of role names.").Because(err)
	}
	if _, err := storageLimit(said.MaxStorageMB); err != nil {
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
		if said.Roles != nil {
			if err := setRoles(ctx, tx, c, user, distinct(*said.Roles)); err != nil {
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

// storageLimit reads a limit in MiB; nil means none.
func storageLimit(value json.RawMessage) (*int64, error) {
	if len(value) == 0 || string(value) == "null" {
		return nil, nil
	}
	var limit int64
	if err := json.Unmarshal(value, &limit); err != nil || limit < 0 || limit > math.MaxInt64>>20 {
		return nil, cairn.Errorf(cairn.Invalid, "maxStorageMB must be a whole number of MiB, 0 or more.")
	}
	return &limit, nil
}
