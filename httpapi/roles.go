package httpapi

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerRoles() {
	tags := []string{"Users"}
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/users/roles", Summary: "List roles", Tags: tags}, s.listRoles)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/users/roles", Summary: "Create a role, with the name in the body", Tags: tags, DefaultStatus: http.StatusOK}, s.createRoleByBody)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/users/roles/{roleName}", Summary: "Create a role", Tags: tags, DefaultStatus: http.StatusOK}, s.createRole)
	register(s.api, huma.Operation{Method: http.MethodDelete, Path: "/users/roles/{roleName}", Summary: "Delete a role, which all users lose", Tags: tags}, s.deleteRole)
}

type rolesOutput struct{ Body []string }

func (s *server) listRoles(ctx context.Context, _ *struct{}) (*rolesOutput, error) {
	roles, err := s.Users.Roles(ctx, callerFrom(ctx))
	return &rolesOutput{roles}, err
}

// RoleInput is the input of operations on a role.
type RoleInput struct {
	RoleName string `path:"roleName" doc:"Name of the role" example:"surveyor"`
}

func (s *server) createRole(ctx context.Context, in *RoleInput) (*struct{}, error) {
	return nil, s.Users.AddRole(ctx, callerFrom(ctx), in.RoleName)
}

func (s *server) createRoleByBody(ctx context.Context, in *struct {
	Body struct {
		RoleName string `json:"roleName" example:"surveyor"`
	}
}) (*struct{}, error) {
	return nil, s.Users.AddRole(ctx, callerFrom(ctx), in.Body.RoleName)
}

func (s *server) deleteRole(ctx context.Context, in *RoleInput) (*struct{}, error) {
	return nil, s.Users.RemoveRole(ctx, callerFrom(ctx), in.RoleName)
}
