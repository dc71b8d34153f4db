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
	register(s.api, needing(auth.Browse, huma.Operation{Method: http.MethodPost, Path: "/users/authenticate", Summary: "Log in", Tags: tags}), s.login)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/users/authenticate/refresh", Summary: "Exchange a token for a fresh one", Tags: tags}, s.refresh)
}

type loginInput struct {
	Body *struct {
		Username string `json:"username,omitempty" example:"alice"`
		Password string `json:"password,omitempty" example:"correct horse battery staple"`
		Token    string `json:"token,omitempty" doc:"In place of the two others: a token of the service that people sign in with (--external-login)"`
	} `required:"false"`
}

func (s *server) login(ctx context.Context, in *loginInput) (*loginOutput, error) {
	var user *auth.User
	var token auth.Token
	var err error
	from := clientAddress(requestFrom(ctx)).String()
	switch {
	case in.Body != nil && in.Body.Username != "" && in.Body.Password != "":
		user, token, err = s.Users.Login(ctx, in.Body.Username, in.Body.Password, from)
	case in.Body != nil && in.Body.Token != "":
		user, token, err = s.Users.LoginByToken(ctx, in.Body.Token, from)
	default:
		err = cairn.Errorf(cairn.Invalid, "Give a username and a password.")
	}
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
