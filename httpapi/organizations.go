package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
)

type organizationPermissions struct {
	CanRead          bool `json:"canRead"`
	CanWrite         bool `json:"canWrite"`
	CanDelete        bool `json:"canDelete"`
	CanManageMembers bool `json:"canManageMembers"`
}

type organization struct {
	Slug         string                   `json:"slug" example:"acme"`
	Name         string                   `json:"name" example:"Acme surveys"`
	Description  *string                  `json:"description"`
	CreationDate time.Time                `json:"creationDate"`
	Owner        *string                  `json:"owner" doc:"User name, null without an owner"`
	IsPublic     bool                     `json:"isPublic"`
	Permissions  *organizationPermissions `json:"permissions" doc:"The caller's own; null in the list of public organizations"`
}

// TransformSchema says that null stands for permissions that nobody asked for.
func (organizationPermissions) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Nullable = true
	return s
}

func newOrganization(o catalog.Organization, caller auth.Caller) organization {
	may := func(a auth.Action) bool { return auth.Decide(caller, a, auth.Facts{Organization: o.Access}) == nil }
	return organization{
		Slug: o.Slug, Name: o.Name, Description: o.Description, CreationDate: o.CreatedAt.UTC(), Owner: o.OwnerName, IsPublic: o.IsPublic,
		Permissions: &organizationPermissions{may(auth.ReadOrganization), may(auth.WriteOrganization), may(auth.DeleteOrganization), may(auth.ManageOrganization)},
	}
}

type organizationOutput struct{ Body organization }

type organizationsOutput struct{ Body []organization }

func (s *server) registerOrganizations() {
	tags := []string{"Organizations"}
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/orgs", Summary: "List the caller's organizations", Tags: tags}, s.listOrganizations)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/orgs/public", Summary: "List public organizations", Tags: tags}, s.listPublicOrganizations)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/orgs/{org}", Summary: "Get an organization", Tags: tags}, s.getOrganization)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/orgs", Summary: "Create an organization", Tags: tags, DefaultStatus: http.StatusCreated}, s.createOrganization)
	register(s.api, huma.Operation{Method: http.MethodPut, Path: "/orgs/{org}", Summary: "Change an organization", Tags: tags}, s.editOrganization)
	register(s.api, huma.Operation{Method: http.MethodDelete, Path: "/orgs/{org}", Summary: "Delete an organization with its datasets", Tags: tags}, s.deleteOrganization)
}

func (s *server) listOrganizations(ctx context.Context, in *struct {
	OwnedOnly bool `query:"ownedOnly" doc:"Only organizations that the caller owns"`
}) (*organizationsOutput, error) {
	caller := callerFrom(ctx)
	list, err := s.Catalog.Organizations(ctx, caller, in.OwnedOnly)
	if err != nil {
		return nil, err
	}
	out := &organizationsOutput{}
	for _, o := range list {
		out.Body = append(out.Body, newOrganization(o, caller))
	}
	return out, nil
}

func (s *server) listPublicOrganizations(ctx context.Context, _ *struct{}) (*organizationsOutput, error) {
	caller := callerFrom(ctx)
	list, err := s.Catalog.PublicOrganizations(ctx, caller)
	if err != nil {
		return nil, err
	}
	out := &organizationsOutput{}
	for _, o := range list {
		dto := newOrganization(o, caller)
		dto.Permissions = nil
		out.Body = append(out.Body, dto)
	}
	return out, nil
}

// OrganizationInput is embedded in the inputs of operations on an organization.
type OrganizationInput struct {
	Org string `path:"org" doc:"Slug of the organization" example:"acme"`
}

func (s *server) getOrganization(ctx context.Context, in *OrganizationInput) (*organizationOutput, error) {
	caller := callerFrom(ctx)
	o, err := s.Catalog.Organization(ctx, caller, in.Org, auth.ReadOrganization)
	if err != nil {
		return nil, err
	}
	return &organizationOutput{newOrganization(o, caller)}, nil
}

type createdOrganization struct {
	Location string `header:"Location"`
	Body     organization
}

func (s *server) createOrganization(ctx context.Context, in *struct {
	Body struct {
		Slug        string  `json:"slug" example:"acme"`
		Name        string  `json:"name,omitempty" doc:"The slug if absent"`
		Description *string `json:"description,omitempty"`
		IsPublic    bool    `json:"isPublic,omitempty"`
		Owner       string  `json:"owner,omitempty" doc:"Id or name of the owner, for administrators; the caller if absent"`
	}
}) (*createdOrganization, error) {
	caller := callerFrom(ctx)
	o, err := s.Catalog.CreateOrganization(ctx, caller, catalog.NewOrganization(in.Body))
	if err != nil {
		return nil, err
	}
	return &createdOrganization{baseURL(requestFrom(ctx)) + "/orgs/" + o.Slug, newOrganization(o, caller)}, nil
}

func (s *server) editOrganization(ctx context.Context, in *struct {
	OrganizationInput
	Body *struct {
		Name        *string `json:"name,omitempty" doc:"Unchanged if absent, like the others" example:"Acme surveys"`
		Description *string `json:"description,omitempty" example:"Aerial surveys"`
		IsPublic    *bool   `json:"isPublic,omitempty"`
		Owner       *string `json:"owner,omitempty" doc:"Id or name of the new owner, for the owner and administrators" example:"alice"`
	} `required:"false"`
}) (*struct{}, error) {
	change := catalog.OrganizationChange{}
	if in.Body != nil {
		change = catalog.OrganizationChange(*in.Body)
	}
	return nil, s.Catalog.EditOrganization(ctx, callerFrom(ctx), in.Org, change)
}

func (s *server) deleteOrganization(ctx context.Context, in *OrganizationInput) (*struct{}, error) {
	return nil, s.Catalog.DeleteOrganization(ctx, callerFrom(ctx), in.Org)
}
