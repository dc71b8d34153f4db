package httpapi

import (
	"context"
	"net/http"

	"github.com/cairngeo/cairn/auth"
	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

type storageOutput struct {
	Body struct {
		Total *int64 `json:"total" doc:"Bytes that the user's organizations may hold, null without a limit" example:"1073741824"`
		Used  int64  `json:"used" doc:"Bytes that they hold" example:"5242880"`
	}
}

func (s *server) registerStorage() {
	tags := []string{"Users"}
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/users/storage", Summary: "How much the caller stores", Tags: tags}, s.ownStorage)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/users/{userName}/storage", Summary: "How much a user stores, for the user and administrators", Tags: tags}, s.userStorage)
}

func (s *server) ownStorage(ctx context.Context, _ *struct{}) (*storageOutput, error) {
	caller := callerFrom(ctx)
	if err := auth.Decide(caller, auth.BeSomebody, auth.Facts{}); err != nil {
		return nil, err
	}
	return s.storage(ctx, caller.ID())
}

func (s *server) userStorage(ctx context.Context, in *UserInput) (*storageOutput, error) {
	user, err := s.Users.Account(ctx, callerFrom(ctx), in.UserName, auth.UseAccount)
	if err != nil {
		return nil, err
	}
	return s.storage(ctx, user.ID)
}

func (s *server) storage(ctx context.Context, user uuid.UUID) (*storageOutput, error) {
	storage, err := s.Catalog.Storage(ctx, user)
	if err != nil {
		return nil, err
	}
	out := &storageOutput{}
	out.Body.Total, out.Body.Used = storage.Quota, storage.Used
	return out, nil
}
