package httpapi

import (
	"context"
	"net/http"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/danielgtaylor/huma/v2"
)

type loginAnswer struct {
	Username string `json:"username" example:"alice"`
	UserName string `json:"userName" doc:"The same as username" example:"alice"`
	Token    string `json:"token" doc:"For the header Authorization: Bearer, or the cookie jwtToken"`
	Expires  int64  `json:"expires" doc:"Unix seconds" example:"1769074260"`
}

type loginOutput struct{ Body loginAnswer }

func newLogin(user *auth.User, token auth.Token) *loginOutput {
	return &loginOutput{loginAnswer{user.Name, user.Name, token.Text, token.Expires.Unix()}}
}

func (s *server) registerUsers() {
	tags := []string{"Users"}
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/users/authenticate", Summary: "Log in", Tags: tags}, s.login)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/users/authenticate/refresh", Summary: "Exchange a token for a fresh one", Tags: tags}, s.refresh)
}

type loginInput struct {
	Body *struct {
		Username string `json:"username,omitempty" example:"alice"`
		Password string `json:"password,omitempty"`
	} `required:"false"`
}

func (s *server) login(ctx context.Context, in *loginInput) (*loginOutput, error) {
	if in.Body == nil || in.Body.Username == "" || in.Body.Password == "" {
		return nil, cairn.Errorf(cairn.Invalid, "Give a username and a password.")
	}
	user, token, err := s.Users.Login(ctx, in.Body.Username, in.Body.Password, clientAddress(requestFrom(ctx)).String())
	if err != nil {
		return nil, err
	}
	return newLogin(user, token), nil
}

func (s *server) refresh(ctx context.Context, _ *struct{}) (*loginOutput, error) {
	caller := callerFrom(ctx)
	token, err := s.Users.Refresh(caller)
	if err != nil {
		return nil, err
	}
	return newLogin(caller.User, token), nil
}
