package auth

import (
	"strconv"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
)

// Visibility says who may read a dataset beside the organization's own people.
type Visibility int

// The visibilities. The numbers are part of the API.
const (
	Private  Visibility = iota // nobody
	Unlisted                   // whoever knows the address
	Public                     // everybody, and it is listed
)

// VisibilityNames are the names of the visibilities, by number.
var VisibilityNames = []string{"Private", "Unlisted", "Public"}

// ParseVisibility reads a visibility's number, or its name in any case.
func ParseVisibility(text string) (Visibility, error) {
	text = strings.TrimSpace(text)
	for i, name := range VisibilityNames {
		if text == strconv.Itoa(i) || strings.EqualFold(text, name) {
			return Visibility(i), nil
		}
	}
	return Private, cairn.Errorf(cairn.Invalid, "%.40q is no visibility. Use 0 (Private), 1 (Unlisted) or 2 (Public).", text)
}

// Level is what a member may do in an organization.
type Level int

// The levels, each including the ones before. The numbers are part of the API.
const (
	ReadOnly Level = iota
	ReadWrite
	ReadWriteDelete
	ManageMembers
)

// Organization is what Decide needs to know of an organization.
type Organization struct {
	Public      bool          // its own page may be read by everybody
	Owner       uuid.NullUUID // not valid: ownerless
	OwnerActive bool          // an ownerless organization counts as active
	Protected   bool          // the organization "public", which nobody deletes
	Level       *Level        // the caller's membership, nil without one
}

// Dataset is what Decide needs to know of a dataset. One that does not exist
// is answered like a private one, so that nobody can tell the two apart.
type Dataset struct {
	Exists     bool
	Visibility Visibility
}

// Facts are what an answer depends on beside the caller. What does not concern
// the action may be left out.
type Facts struct {
	Organization Organization
	Dataset      Dataset
	User         uuid.NullUUID // whose account it is, or who submitted the task; not valid: the system
}

// Action is something that a caller wants to do.
type Action int

// The actions.
const (
	ReadOrganization Action = iota
	WriteOrganization
	DeleteOrganization
	ManageOrganization // change its members
	HandOver           // give it another owner
	ReadMembers        // who they are, with their addresses
	CreateDataset
	ReadDataset
	WriteDataset
	DeleteDataset
	UseTask     // see, fetch or end one task of the dataset
	UseShare    // see, add to or end a share
	ListDataset // see it in lists, search and STAC: an unlisted dataset is not listed to strangers
	Administer  // what only administrators may do
	UseAccount  // what a user may do with the own account, and administrators with any
	BeSomebody  // what every signed-in user may do
	Browse      // what everybody may do, who is not turned away
	Monitor     // see how well the server does
)

// Decide tells whether the caller may do the action: nil, or an error whose
// code is Unauthenticated for an anonymous caller and Forbidden for a known
// one.
func Decide(c Caller, a Action, f Facts) error {
	if c.User != nil && c.User.Has(RoleDeactivated) {
		return errRejected()
	}
	if allowed(c, a, f) {
		if !f.Dataset.Exists && (a == ReadDataset || a == WriteDataset || a == DeleteDataset) {
			return cairn.Errorf(cairn.NotFound, "There is no such dataset.")
		}
		return nil
	}
	return refuse(c, a)
}

func allowed(c Caller, a Action, f Facts) bool {
	o, d := f.Organization, f.Dataset
	concerned := !c.Anonymous() && f.User.Valid && f.User.UUID == c.User.ID
	switch a {
	case Administer:
		return c.Admin()
	case UseAccount, UseShare:
		return c.Admin() || concerned
	case BeSomebody:
		return !c.Anonymous()
	case Browse:
		return true
	case Monitor:
		return c.Admin() || c.Monitor
	}
	open := !o.Owner.Valid || o.OwnerActive
	insider := c.Admin() || !c.Anonymous() && (o.Owner.Valid && o.Owner.UUID == c.User.ID)
	level := func(l Level) bool { return insider || !c.Anonymous() && o.Level != nil && *o.Level >= l }
	switch a {
	case ReadOrganization:
		return level(ReadOnly) || o.Public && open
	case WriteOrganization, CreateDataset:
		return level(ReadWrite)
	case DeleteOrganization:
		return !o.Protected && level(ReadWriteDelete)
	case ManageOrganization:
		return level(ManageMembers)
	case HandOver:
		return insider
	case ReadMembers:
		return level(ReadOnly)
	case UseTask:
		return insider || concerned || !f.User.Valid
	case ReadDataset:
		return level(ReadOnly) || d.Exists && d.Visibility >= Unlisted && open
	case ListDataset:
		return level(ReadOnly) || d.Exists && d.Visibility == Public && open
	case WriteDataset:
		return level(ReadWrite)
	case DeleteDataset:
		return level(ReadWriteDelete)
	}
	return false
}

func refuse(c Caller, a Action) error {
	what := map[Action]string{
		ReadOrganization: "read this organization", WriteOrganization: "change this organization",
		DeleteOrganization: "delete this organization", ManageOrganization: "manage this organization's members",
		HandOver:    "give this organization another owner",
		ReadMembers: "see this organization's members", UseTask: "see this task: it is somebody else's", UseShare: "use this share: it is somebody else's", UseAccount: "see or change this account",
		CreateDataset: "create datasets in this organization", ReadDataset: "read this dataset",
		WriteDataset: "change this dataset", DeleteDataset: "delete this dataset", ListDataset: "see this dataset",
		Administer: "do what only administrators may do", BeSomebody: "do this", Monitor: "see how well the server does",
	}[a]
	switch {
	case c.Rejected:
		return errRejected()
	case c.Anonymous():
		return cairn.Errorf(cairn.Unauthenticated, "Sign in to %s.", what)
	}
	return cairn.Errorf(cairn.Forbidden, "You may not %s.", what)
}

// errRejected has exactly the text on which the Hub leaves for its sign-in page.
func errRejected() *cairn.Error { return cairn.Errorf(cairn.Unauthenticated, "Unauthorized") }
