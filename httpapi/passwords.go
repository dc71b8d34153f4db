package httpapi

import (
	"context"
	"net/http"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerPasswords() {
	tags := []string{"Users"}
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/users/changepwd", Summary: "Change the own password; older tokens end", Tags: tags}, s.changeOwnPassword)
	register(s.api, huma.Operation{Method: http.MethodPut, Path: "/users/{userName}/changepwd", Summary: "Change a user's password; an administrator needs no old one", Tags: tags, DefaultStatus: http.StatusOK}, s.changePassword)
}

func (s *server) changeOwnPassword(ctx context.Context, in *struct {
	Body struct {
		OldPassword string `json:"oldPassword" example:"correct horse 1"`
		NewPassword string `json:"newPassword" example:"battery staple 2"`
	}
}) (*loginOutput, error) {
	caller := callerFrom(ctx)
	if err := auth.Decide(caller, auth.BeSomebody, auth.Facts{}); err != nil {
		return nil, err
	}
	user, token, err := s.Users.ChangePassword(ctx, caller, caller.User.Name, auth.PasswordChange{
		Current: &in.Body.OldPassword, New: in.Body.NewPassword, From: clientAddress(requestFrom(ctx)).String()})
	if cairn.CodeOf(err) == cairn.Unauthenticated {
		return nil, cairn.Errorf(cairn.Invalid, "The old password is wrong.") // a 401 would sign the person out
	}
	if err != nil {
		return nil, err
	}
	return newLogin(user, token), nil
}

func (s *server) changePassword(ctx context.Context, in *struct {
	UserInput
	Body struct {
		CurrentPassword *string `json:"currentPassword,omitempty" nullable:"true" doc:"Needed by everybody but administrators" example:"correct horse 1"`
		NewPassword     string  `json:"newPassword" example:"battery staple 2"`
	}
}) (*struct{}, error) {
	_, _, err := s.Users.ChangePassword(ctx, callerFrom(ctx), in.UserName, auth.PasswordChange{
		Current: in.Body.CurrentPassword, New: in.Body.NewPassword, From: clientAddress(requestFrom(ctx)).String()})
	return nil, err
}
