package auth_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/google/uuid"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The columns of the tables below.
var callers = []string{"anonymous", "stranger", "member 0", "member 1", "member 2", "member 3", "owner", "admin", "deactivated"}

// What a cell says: + allowed, S sign in (401), F forbidden (403), N not found
// (404), U the exact "Unauthorized" of a caller who is turned away (401).
type row struct {
	action  auth.Action
	name    string
	answers string // one for each of callers
}

// The tables of rest-api.md 2.2 and 2.3 with decisions 13 to 15 and 23, in an
// organization whose owner is active.
var (
	organizationRows = []row{
		{auth.ReadOrganization, "read a private organization", "S F + + + + + + U"},
		{auth.WriteOrganization, "change an organization", "S F F + + + + + U"},
		{auth.CreateDataset, "create a dataset", "S F F + + + + + U"},
		{auth.DeleteOrganization, "delete an organization", "S F F F + + + + U"},
		{auth.ManageOrganization, "manage members", "S F F F F + + + U"},
		{auth.HandOver, "give it another owner", "S F F F F F + + U"},
		{auth.ReadMembers, "see the members", "S F + + + + + + U"},
		{auth.UseTask, "use somebody's task", "S F F F F F + + U"},
		{auth.UseAccount, "use somebody's account", "S F F F F F F + U"},
		{auth.UseShare, "use somebody's share", "S F F F F F F + U"},
		{auth.Administer, "administer", "S F F F F F F + U"},
		{auth.BeSomebody, "be somebody", "S + + + + + + + U"},
		{auth.Browse, "browse", "+ + + + + + + + U"},
		{auth.Monitor, "see how the server does", "S F F F F F F + U"},
	}
	datasetRows = map[string][]row{
		"private": {
			{auth.ReadDataset, "read", "S F + + + + + + U"},
			{auth.ListDataset, "list", "S F + + + + + + U"},
			{auth.WriteDataset, "write", "S F F + + + + + U"},
			{auth.DeleteDataset, "delete", "S F F F + + + + U"},
		},
		"unlisted": {
			{auth.ReadDataset, "read", "+ + + + + + + + U"},
			{auth.ListDataset, "list", "S F + + + + + + U"},
			{auth.WriteDataset, "write", "S F F + + + + + U"},
			{auth.DeleteDataset, "delete", "S F F F + + + + U"},
		},
		"public": {
			{auth.ReadDataset, "read", "+ + + + + + + + U"},
			{auth.ListDataset, "list", "+ + + + + + + + U"},
			{auth.WriteDataset, "write", "S F F + + + + + U"},
			{auth.DeleteDataset, "delete", "S F F F + + + + U"},
		},
		"absent": {
			{auth.ReadDataset, "read", "S F N N N N N N U"},
			{auth.WriteDataset, "write", "S F F N N N N N U"},
			{auth.DeleteDataset, "delete", "S F F F N N N N U"},
		},
	}
	facts = map[string]auth.Dataset{
		"private":  {Exists: true, Visibility: auth.Private},
		"unlisted": {Exists: true, Visibility: auth.Unlisted},
		"public":   {Exists: true, Visibility: auth.Public},
		"absent":   {},
	}
)

// standing is who calls and how the organization stands to them.
func standing(name string, o auth.Organization) (auth.Caller, auth.Organization) {
	user := &auth.User{ID: uuid.New(), Name: "somebody"}
	switch {
	case name == "anonymous":
		return auth.Caller{}, o
	case name == "admin":
		user.Roles = []string{"surveyor", auth.RoleAdmin}
	case name == "deactivated": // whatever else they are
		user.ID, user.Roles = o.Owner.UUID, []string{auth.RoleAdmin, auth.RoleDeactivated}
	case name == "owner":
		user.ID = o.Owner.UUID
	case strings.HasPrefix(name, "member "):
		level := auth.Level(name[len(name)-1] - '0')
		o.Level = &level
	}
	return auth.Caller{User: user}, o
}

func check(t *testing.T, r row, o auth.Organization, d auth.Dataset, what string) {
	t.Helper()
	answers := strings.Fields(r.answers)
	require.Len(t, answers, len(callers))
	for i, name := range callers {
		if name == "owner" && !o.Owner.Valid {
			continue
		}
		caller, o := standing(name, o)
		if name == "owner" && !o.OwnerActive {
			caller.User.Roles = []string{auth.RoleDeactivated}
		}
		err := auth.Decide(caller, r.action, auth.Facts{Organization: o, Dataset: d, User: somebodyElse})
		assert.Equal(t, answers[i], letter(err), "%s: %s %s answers %v", what, name, r.name, err)
	}
}

func letter(err error) string {
	switch code := cairn.CodeOf(err); {
	case code == "":
		return "+"
	case code == cairn.Unauthenticated && err.Error() == "Unauthorized":
		return "U"
	case code == cairn.Unauthenticated:
		return "S"
	case code == cairn.Forbidden:
		return "F"
	case code == cairn.NotFound:
		return "N"
	default:
		return string(code)
	}
}

var owned = auth.Organization{Owner: uuid.NullUUID{UUID: uuid.New(), Valid: true}, OwnerActive: true}

// somebodyElse is whose account or task it is in the tables.
var somebodyElse = uuid.NullUUID{UUID: uuid.New(), Valid: true}

func TestDecideOnAccountsAndTasks(t *testing.T) {
	t.Parallel()
	caller, o := standing("stranger", owned)
	own := uuid.NullUUID{UUID: caller.User.ID, Valid: true}
	assert.NoError(t, auth.Decide(caller, auth.UseAccount, auth.Facts{User: own}))
	assert.NoError(t, auth.Decide(caller, auth.UseTask, auth.Facts{Organization: o, User: own}))
	assert.NoError(t, auth.Decide(caller, auth.UseTask, auth.Facts{Organization: o}), "the system's task is everybody's")
	assert.NoError(t, auth.Decide(auth.Caller{}, auth.UseTask, auth.Facts{Organization: o}), "whoever may read the dataset")
	assert.Equal(t, "S", letter(auth.Decide(auth.Caller{}, auth.UseAccount, auth.Facts{})))
}

func TestDecideOnOrganizations(t *testing.T) {
	t.Parallel()
	for _, r := range organizationRows {
		check(t, r, owned, auth.Dataset{}, "owned")
		check(t, r, auth.Organization{OwnerActive: true}, auth.Dataset{}, "ownerless")
	}
	open := row{auth.ReadOrganization, "read a public organization", "+ + + + + + + + U"}
	public := owned
	public.Public = true
	check(t, open, public, auth.Dataset{}, "owned")
	check(t, open, auth.Organization{Public: true}, auth.Dataset{}, "ownerless, which counts as active")
	public.OwnerActive = false
	check(t, row{auth.ReadOrganization, "read a public organization", "S F + + + + U + U"}, public, auth.Dataset{}, "deactivated owner")

	protected := owned
	protected.Protected = true
	check(t, row{auth.DeleteOrganization, "delete the organization public", "S F F F F F F F U"}, protected, auth.Dataset{}, "protected")
}

func TestDecideOnDatasets(t *testing.T) {
	t.Parallel()
	for kind, rows := range datasetRows {
		for _, public := range []bool{false, true} { // of no effect on datasets
			for _, r := range rows {
				o := owned
				o.Public = public
				what := fmt.Sprintf("%s in an organization with public=%v", kind, public)
				check(t, r, o, facts[kind], what)
				o.Owner = uuid.NullUUID{}
				check(t, r, o, facts[kind], what+", ownerless")
			}
		}
	}
}

// Whose owner is deactivated, an organization shows nothing to those outside it.
func TestDecideOnDatasetsOfADeactivatedOwner(t *testing.T) {
	t.Parallel()
	o := owned
	o.OwnerActive = false
	for kind, rows := range datasetRows {
		for _, r := range rows {
			inside := strings.Fields(r.answers)
			inside[0], inside[1], inside[6] = "S", "F", "U"
			r.answers = strings.Join(inside, " ")
			check(t, r, o, facts[kind], kind)
		}
	}
}

// Decision 14: the answers for an absent and a private dataset are the same to the letter.
func TestDecideHidesWhetherADatasetExists(t *testing.T) {
	t.Parallel()
	for _, name := range callers[:2] {
		caller, o := standing(name, owned)
		for _, action := range []auth.Action{auth.ReadDataset, auth.WriteDataset, auth.DeleteDataset} {
			assert.Equal(t, auth.Decide(caller, action, auth.Facts{Organization: o, Dataset: facts["private"]}), auth.Decide(caller, action, auth.Facts{Organization: o, Dataset: facts["absent"]}), name)
		}
	}
}

// Decision 12: the exact word only for something wrong that was presented.
func TestDecideRejectedCallers(t *testing.T) {
	t.Parallel()
	rejected := auth.Caller{Rejected: true}
	assert.Equal(t, "U", letter(auth.Decide(rejected, auth.ReadDataset, auth.Facts{Organization: owned, Dataset: facts["private"]})))
	assert.Equal(t, "U", letter(auth.Decide(rejected, auth.BeSomebody, auth.Facts{})))
	assert.NoError(t, auth.Decide(rejected, auth.ReadDataset, auth.Facts{Organization: owned, Dataset: facts["public"]}), "else like an anonymous caller")
}

func TestDecideRefusesUnknownActions(t *testing.T) {
	t.Parallel()
	caller, o := standing("admin", owned)
	assert.Equal(t, "F", letter(auth.Decide(caller, auth.Action(1000), auth.Facts{Organization: o, Dataset: facts["public"]})))
}
