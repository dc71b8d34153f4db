package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
)

type levels struct{}

func (levels) names() []string {
	return []string{"ReadOnly", "ReadWrite", "ReadWriteDelete", "Admin"}
}

// level is what a member may do, in the API.
type level = enum[levels, auth.Level]

type userOrganization struct {
	Slug        string      `json:"slug" example:"acme"`
	Name        string      `json:"name" example:"Acme surveys"`
	Description *string     `json:"description"`
	IsPublic    bool        `json:"isPublic"`
	IsOwner     bool        `json:"isOwner"`
	Permissions *auth.Level `json:"permissions" doc:"0 read, 1 write, 2 delete, 3 administer; null for the owner"`
	GrantedAt   *time.Time  `json:"grantedAt"`
	GrantedBy   *string     `json:"grantedBy"`
}

func (s *server) registerUserMemberships() {
	tags := []string{"Users"}
	const orgs = "/users/{userName}/orgs"
	register(s.api, huma.Operation{Method: http.MethodGet, Path: orgs, Summary: "List a user's organizations", Tags: tags}, s.listUserOrganizations)
	register(s.api, huma.Operation{Method: http.MethodPut, Path: orgs, Summary: "Make a user a member of exactly these organizations", Tags: tags}, s.setUserOrganizations)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: orgs, Summary: "Make a user a member of an organization", Tags: tags, DefaultStatus: http.StatusOK}, s.addUserOrganization)
	register(s.api, huma.Operation{Method: http.MethodPut, Path: orgs + "/{org}", Summary: "Change what a user may do in an organization", Tags: tags, DefaultStatus: http.StatusOK}, s.changeUserOrganization)
	register(s.api, huma.Operation{Method: http.MethodDelete, Path: orgs + "/{org}", Summary: "Take a user out of an organization", Tags: tags, DefaultStatus: http.StatusOK}, s.endUserOrganization)
}

type userOrganizationsOutput struct{ Body []userOrganization }

func (s *server) listUserOrganizations(ctx context.Context, in *UserInput) (*userOrganizationsOutput, error) {
	list, err := s.Catalog.UserOrganizations(ctx, callerFrom(ctx), s.Users, in.UserName)
	if err != nil {
		return nil, err
	}
	out := &userOrganizationsOutput{}
	for _, o := range list {
		out.Body = append(out.Body, userOrganization{o.Slug, o.Name, o.Description, o.IsPublic, o.IsOwner, o.Level, utc(o.GrantedAt), o.GrantedBy})
	}
	return out, nil
}

// grant is an organization's slug, by itself or with a level.
type grant struct {
	OrgSlug     string `json:"orgSlug"`
	Permissions *level `json:"permissions,omitempty"`
}

// UnmarshalJSON reads a slug or an object.
func (g *grant) UnmarshalJSON(data []byte) error {
	type object grant
	if json.Unmarshal(data, &g.OrgSlug) == nil {
		return nil
	}
	return json.Unmarshal(data, (*object)(g))
}

// grants is a list of grants: a JSON array, or the field of a form.
type grants struct {
	OrgSlugs []grant `json:"orgSlugs"`
}

// Schema describes both.
func (grants) Schema(r huma.Registry) *huma.Schema {
	one := &huma.Schema{OneOf: []*huma.Schema{
		{Type: huma.TypeString, Description: "Slug, to read and write"},
		{Type: huma.TypeObject, Properties: map[string]*huma.Schema{ // names match ignoring case, so none is required by its spelling
			"orgSlug": {Type: huma.TypeString}, "permissions": level{}.Schema(r)}},
	}}
	list := &huma.Schema{Type: huma.TypeArray, Items: one, Examples: []any{[]any{"acme", map[string]any{"orgSlug": "hills", "permissions": 3}}}}
	s := &huma.Schema{OneOf: []*huma.Schema{list, {Type: huma.TypeObject, Required: []string{"orgSlugs"}, Properties: map[string]*huma.Schema{"orgSlugs": list}}}}
	s.PrecomputeMessages()
	return s
}

// UnmarshalJSON reads an array or an object.
func (g *grants) UnmarshalJSON(data []byte) error {
	type object grants
	if bytes.HasPrefix(bytes.TrimSpace(data), []byte("[")) {
		return json.Unmarshal(data, &g.OrgSlugs)
	}
	return json.Unmarshal(data, (*object)(g))
}

func (g grant) in() catalog.Grant {
	l := auth.ReadWrite
	if g.Permissions != nil && g.Permissions.Given {
		l = g.Permissions.Value
	}
	return catalog.Grant{Organization: g.OrgSlug, Level: l}
}

func (s *server) setUserOrganizations(ctx context.Context, in *struct {
	UserInput
	Body grants
}) (*userOrganizationsOutput, error) {
	wanted := make([]catalog.Grant, len(in.Body.OrgSlugs))
	for i, g := range in.Body.OrgSlugs {
		wanted[i] = g.in()
	}
	if err := s.Catalog.SetMemberships(ctx, callerFrom(ctx), s.Users, in.UserName, wanted); err != nil {
		return nil, err
	}
	return s.listUserOrganizations(ctx, &in.UserInput)
}

func (s *server) addUserOrganization(ctx context.Context, in *struct {
	UserInput
	Body struct {
		OrgSlug     string `json:"orgSlug" example:"acme"`
		Permissions *level `json:"permissions,omitempty" doc:"ReadWrite if absent"`
	}
}) (*struct{}, error) {
	caller := callerFrom(ctx)
	if err := s.administers(ctx, caller, in.UserName); err != nil {
		return nil, err
	}
	g := grant(in.Body).in()
	return nil, s.Catalog.AddMember(ctx, caller, g.Organization, in.UserName, g.Level)
}

// administers returns an error unless the caller is an administrator and there is such a user.
func (s *server) administers(ctx context.Context, caller auth.Caller, name string) error {
	if err := auth.Decide(caller, auth.Administer, auth.Facts{}); err != nil {
		return err
	}
	_, err := s.Users.Account(ctx, caller, name, auth.UseAccount)
	return err
}

// MembershipInput is embedded in the inputs of operations on a membership.
type MembershipInput struct {
	UserInput
	Org string `path:"org" doc:"Slug of the organization" example:"acme"`
}

func (s *server) changeUserOrganization(ctx context.Context, in *struct {
	MembershipInput
	Body struct {
		Permissions level `json:"permissions"`
	}
}) (*struct{}, error) {
	caller := callerFrom(ctx)
	if err := s.administers(ctx, caller, in.UserName); err != nil {
		return nil, err
	}
	return nil, s.Catalog.ChangeMember(ctx, caller, in.Org, in.UserName, in.Body.Permissions.Value)
}

func (s *server) endUserOrganization(ctx context.Context, in *MembershipInput) (*struct{}, error) {
	caller := callerFrom(ctx)
	if err := s.administers(ctx, caller, in.UserName); err != nil {
		return nil, err
	}
	return nil, s.Catalog.RemoveMember(ctx, caller, in.Org, in.UserName)
}
