// Package auth knows who calls and what they may do: users, roles, passwords,
// tokens, and the one function, Decide, that answers every "may this caller do
// this?".
package auth

import "github.com/google/uuid"

// The roles that mean something to Decide. Others are free text.
const (
	RoleAdmin       = "admin"
	RoleDeactivated = "deactivated"
)

// User is an account.
type User struct {
	ID    uuid.UUID
	Name  string
	Email string
	Roles []string

	generation int // of the tokens that are valid; a changed password ends the older ones
}

// Has tells whether the user has the role.
func (u *User) Has(role string) bool {
	for _, r := range u.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// Caller is whoever makes a request.
type Caller struct {
	User     *User // nil for an anonymous caller
	Rejected bool  // presented a token or password that is wrong, expired or revoked
	Monitor  bool  // presented the monitor token
}

// Operator is whoever runs a command of cairn on the data itself: an
// administrator without an account.
func Operator() Caller { return Caller{User: &User{Name: "the operator", Roles: []string{RoleAdmin}}} }

// Anonymous tells whether nobody is known to call.
func (c Caller) Anonymous() bool { return c.User == nil }

// Admin tells whether the caller is an administrator.
func (c Caller) Admin() bool { return c.User != nil && c.User.Has(RoleAdmin) }

// ID returns the caller's user id, uuid.Nil for an anonymous caller.
func (c Caller) ID() uuid.UUID {
	if c.User == nil {
		return uuid.Nil
	}
	return c.User.ID
}
