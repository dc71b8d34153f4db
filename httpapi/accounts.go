package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

// account is a user in the API.
type account struct {
	UserName      string   `json:"userName" example:"alice"`
	Email         string   `json:"email" example:"alice@example.com"`
	Roles         []string `json:"roles"`
	Organizations []string `json:"organizations" doc:"Slugs of those that the user owns or is a member of"`
}

type detailedAccount struct {
	ID uuid.UUID `json:"id"`
	account
	StorageQuota      *int64    `json:"storageQuota" doc:"Bytes, null without a limit"`
	StorageUsed       int64     `json:"storageUsed" doc:"Bytes in the organizations that the user owns"`
	OrganizationCount int       `json:"organizationCount"`
	DatasetCount      int       `json:"datasetCount"`
	CreatedDate       time.Time `json:"createdDate"`
}

func newAccount(a catalog.Account) account {
	return account{a.Name, a.Email, a.Roles, a.Organizations}
}

// UserInput is embedded in the inputs of operations on a user.
type UserInput struct {
	UserName string `path:"userName" doc:"Name of the user" example:"alice"`
}

func (s *server) registerAccounts() {
	tags := []string{"Users"}
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/users", Summary: "List users", Tags: tags}, s.listUsers)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/users/detailed", Summary: "List users with their storage", Tags: tags}, s.listDetailedUsers)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/users", Summary: "Create a user with an organization of his own", Tags: tags, DefaultStatus: http.StatusOK}, s.createUser)
	register(s.api, huma.Operation{Method: http.MethodPut, Path: "/users/{userName}", Summary: "Change a user's e-mail address and roles", Tags: tags, DefaultStatus: http.StatusOK}, s.editUser)
	register(s.api, huma.Operation{Method: http.MethodDelete, Path: "/users/{userName}", Summary: "Delete a user; what he owns goes to a successor or is deleted", Tags: tags}, s.deleteUser)
	register(s.api, huma.Operation{Method: http.MethodDelete, Path: "/users", Summary: "Delete a user, with the name in the body", Tags: tags}, s.deleteUserByBody)
}

type accountsOutput struct{ Body []account }

func (s *server) listUsers(ctx context.Context, _ *struct{}) (*accountsOutput, error) {
	list, err := s.Catalog.Accounts(ctx, callerFrom(ctx))
	if err != nil {
		return nil, err
	}
	out := &accountsOutput{}
	for _, a := range list {
		out.Body = append(out.Body, newAccount(a))
	}
	return out, nil
}

type detailedAccountsOutput struct{ Body []detailedAccount }

func (s *server) listDetailedUsers(ctx context.Context, _ *struct{}) (*detailedAccountsOutput, error) {
	list, err := s.Catalog.Accounts(ctx, callerFrom(ctx))
	if err != nil {
		return nil, err
	}
	out := &detailedAccountsOutput{}
	for _, a := range list {
		out.Body = append(out.Body, detailedAccount{a.ID, newAccount(a), a.Quota, a.Used, len(a.Organizations), a.Datasets, a.CreatedAt.UTC()})
	}
	return out, nil
}

type accountOutput struct{ Body account }

func (s *server) createUser(ctx context.Context, in *struct {
	Body struct {
		UserName string   `json:"userName" doc:"1 to 127 lower-case letters and digits" example:"alice"`
		Password string   `json:"password" example:"correct horse 1"`
		Email    string   `json:"email,omitempty" example:"alice@example.com"`
		Roles    []string `json:"roles,omitempty" doc:"Roles that exist: admin, deactivated, or others"`
	}
}) (*accountOutput, error) {
	caller := callerFrom(ctx)
	user, err := s.Users.Add(ctx, caller, auth.NewUser{Name: in.Body.UserName, Email: in.Body.Email, Password: in.Body.Password, Roles: in.Body.Roles})
	if err != nil {
		return nil, err
	}
	own, err := s.Catalog.UserOrganizations(ctx, caller, s.Users, user.Name)
	if err != nil {
		return nil, err
	}
	out := &accountOutput{account{UserName: user.Name, Email: user.Email, Roles: user.Roles, Organizations: []string{}}}
	for _, o := range own {
		out.Body.Organizations = append(out.Body.Organizations, o.Slug)
	}
	return out, nil
}

func (s *server) editUser(ctx context.Context, in *struct {
	UserInput
	Body *struct {
		Email *string   `json:"email,omitempty" doc:"Unchanged if absent" example:"alice@example.com"`
		Roles *[]string `json:"roles,omitempty" doc:"All roles of the user; unchanged if absent"`
	} `required:"false"`
}) (*struct{}, error) {
	change := auth.AccountChange{}
	if in.Body != nil {
		change = auth.AccountChange(*in.Body)
	}
	return nil, s.Users.Edit(ctx, callerFrom(ctx), in.UserName, change)
}

type departure struct {
	UserName                 string          `json:"userName"`
	Successor                *string         `json:"successor"`
	OrganizationsTransferred int             `json:"organizationsTransferred"`
	OrganizationsDeleted     int             `json:"organizationsDeleted"`
	DatasetsTransferred      int             `json:"datasetsTransferred"`
	DatasetsDeleted          int             `json:"datasetsDeleted"`
	BatchesDeleted           int             `json:"batchesDeleted"`
	DatasetResults           []datasetResult `json:"datasetResults"`
}

type departureOutput struct{ Body departure }

func (s *server) deleteUser(ctx context.Context, in *struct {
	UserInput
	Successor          string             `query:"successor" doc:"User who gets the organizations; without one they are deleted"`
	ConflictResolution conflictResolution `query:"conflictResolution" doc:"Of no effect, because whole organizations are handed over"`
}) (*departureOutput, error) {
	return s.removeUser(ctx, in.UserName, in.Successor)
}

func (s *server) deleteUserByBody(ctx context.Context, in *struct {
	Body struct {
		UserName           string              `json:"userName" example:"bob"`
		Successor          string              `json:"successor,omitempty" example:"alice"`
		ConflictResolution *conflictResolution `json:"conflictResolution,omitempty"`
	}
}) (*departureOutput, error) {
	return s.removeUser(ctx, in.Body.UserName, in.Body.Successor)
}

func (s *server) removeUser(ctx context.Context, name, successor string) (*departureOutput, error) {
	left, err := s.Catalog.DeleteUser(ctx, callerFrom(ctx), s.Users, name, successor)
	if err != nil {
		return nil, err
	}
	out := &departureOutput{departure{UserName: name, BatchesDeleted: left.Batches, DatasetResults: []datasetResult{}}}
	if successor == "" {
		out.Body.OrganizationsDeleted, out.Body.DatasetsDeleted = left.Organizations, len(left.Datasets)
		return out, nil
	}
	out.Body.Successor, out.Body.OrganizationsTransferred, out.Body.DatasetsTransferred = &successor, left.Organizations, len(left.Datasets)
	for _, slug := range left.Datasets {
		out.Body.DatasetResults = append(out.Body.DatasetResults, datasetResult{OriginalSlug: slug, NewSlug: slug, Success: true})
	}
	return out, nil
}
