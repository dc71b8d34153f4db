package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/danielgtaylor/huma/v2"
)

type member struct {
	UserName       string     `json:"userName" example:"alice"`
	Email          string     `json:"email" example:"alice@example.com"`
	Permissions    auth.Level `json:"permissions" doc:"0 read, 1 write, 2 delete, 3 administer"`
	PermissionName string     `json:"permissionName" doc:"The same in words" example:"ReadWrite"`
	GrantedAt      time.Time  `json:"grantedAt"`
	GrantedBy      *string    `json:"grantedBy" doc:"Name of the user who added the member" example:"admin"`
}

func (s *server) registerMembers() {
	tags := []string{"Organizations"}
	const members = "/orgs/{org}/members"
	register(s.api, huma.Operation{Method: http.MethodGet, Path: members, Summary: "List the members of an organization", Tags: tags}, s.listMembers)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: members, Summary: "Add a member", Tags: tags}, s.addMember)
	register(s.api, huma.Operation{Method: http.MethodPut, Path: members + "/{userName}", Summary: "Change what a member may do", Tags: tags}, s.changeMember)
	register(s.api, huma.Operation{Method: http.MethodDelete, Path: members + "/{userName}", Summary: "Remove a member", Tags: tags}, s.removeMember)
}

type membersOutput struct{ Body []member }

func (s *server) listMembers(ctx context.Context, in *OrganizationInput) (*membersOutput, error) {
	list, err := s.Catalog.Members(ctx, callerFrom(ctx), in.Org)
	if err != nil {
		return nil, err
	}
	out := &membersOutput{}
	for _, m := range list {
		out.Body = append(out.Body, member{m.Name, m.Email, m.Level, levels{}.names()[m.Level], m.GrantedAt.UTC(), m.GrantedBy})
	}
	return out, nil
}

// mayManageMembers answers who may not, and everybody where the operator has switched it off.
func (s *server) mayManageMembers(ctx context.Context, org string) error {
	if _, err := s.Catalog.Organization(ctx, callerFrom(ctx), org, auth.ManageOrganization); err != nil {
		return err
	}
	if s.NoMemberManagement {
		return cairn.Errorf(cairn.Invalid, "Members can't be changed on this server.")
	}
	return nil
}

func (s *server) addMember(ctx context.Context, in *struct {
	OrganizationInput
	Body struct {
		UserName    string `json:"userName" example:"alice"`
		Permissions *level `json:"permissions,omitempty" doc:"ReadOnly if absent"`
	}
}) (*struct{}, error) {
	if err := s.mayManageMembers(ctx, in.Org); err != nil {
		return nil, err
	}
	granted := auth.ReadOnly
	if in.Body.Permissions != nil {
		granted = in.Body.Permissions.Value
	}
	return nil, s.Catalog.AddMember(ctx, callerFrom(ctx), in.Org, in.Body.UserName, granted)
}

// MemberInput is embedded in the inputs of operations on a member.
type MemberInput struct {
	OrganizationInput
	UserName string `path:"userName" doc:"Name of the member" example:"alice"`
}

func (s *server) changeMember(ctx context.Context, in *struct {
	MemberInput
	Body struct {
		Permissions level `json:"permissions"`
	}
}) (*struct{}, error) {
	if err := s.mayManageMembers(ctx, in.Org); err != nil {
		return nil, err
	}
	return nil, s.Catalog.ChangeMember(ctx, callerFrom(ctx), in.Org, in.UserName, in.Body.Permissions.Value)
}

func (s *server) removeMember(ctx context.Context, in *MemberInput) (*struct{}, error) {
	if err := s.mayManageMembers(ctx, in.Org); err != nil {
		return nil, err
	}
	return nil, s.Catalog.RemoveMember(ctx, callerFrom(ctx), in.Org, in.UserName)
}
