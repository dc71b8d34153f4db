package auth

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
)

// Directory knows people whose accounts are kept elsewhere.
type Directory interface {
	// Check returns who signs in with the credentials. An error of code
	// Unauthenticated says that they are wrong; every other one that the
	// directory can't tell.
	Check(ctx context.Context, c Credentials) (*Person, error)
}

// Credentials are a name and a password, or a token that the directory gave out.
type Credentials struct {
	Name, Password string
	Token          string // in place of the two others
}

// Person is what a directory says of somebody who signed in.
type Person struct {
	Name     string
	Email    *string             // nil: it does not say
	Roles    []string            // roles that the person has
	Decides  func(r string) bool // the roles that are the directory's to give and to take away; nil: none
	Metadata json.RawMessage     // a JSON object; nil: it does not say
}

// rolesAfter returns the roles of somebody who had some and is what p says.
// Nobody's ban is lifted from elsewhere.
func (p *Person) rolesAfter(had []string) []string {
	roles := map[string]bool{}
	for _, role := range had {
		if role == RoleDeactivated || p.Decides == nil || !p.Decides(role) {
			roles[role] = true
		}
	}
	for _, role := range p.Roles {
		roles[role] = true
	}
	return slices.Sorted(maps.Keys(roles))
}

// wrongCredentials is the error of a directory that says no. The reason is for the log.
func wrongCredentials(reason string) error {
	return errRejected().Because(errors.New(reason))
}

// typeable tells whether a text may be the name that somebody signs in with
// elsewhere. Directories take many spellings for the same name (invisible
// characters, other widths); each would get its own ten failures.
func typeable(name string) bool {
	return name != "" && len(name) <= maxName && strings.IndexFunc(name, func(r rune) bool {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9'
		return !letter && !strings.ContainsRune("._@+-", r)
	}) < 0
}
