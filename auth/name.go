package auth

import (
	"regexp"
	"slices"

	"github.com/cairngeo/cairn"
)

var nameForm = regexp.MustCompile(`^[a-z0-9]{1,127}$`)

// routeWords are no user names, because they stand where one stands in the addresses below /users.
var routeWords = []string{"roles", "storage", "detailed", "meta", "orgs", "authenticate", "changepwd"}

// CheckName returns an error unless a user may be called so.
func CheckName(name string) error {
	switch {
	case !nameForm.MatchString(name):
		return cairn.Errorf(cairn.Invalid, "%q is not a valid user name: use 1 to 127 lower-case letters and digits.", name)
	case slices.Contains(routeWords, name):
		return cairn.Errorf(cairn.Invalid, "No user may be called %q: it is a word of the API's addresses.", name)
	}
	return nil
}
