package httpapi

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/cairngeo/cairn/auth"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerUserMetadata() {
	tags := []string{"Users"}
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/users/meta", Summary: "Get the own metadata", Tags: tags}, s.getOwnMetadata)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/users/{userName}/meta", Summary: "Get a user's metadata", Tags: tags}, s.getUserMetadata)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/users/{userName}/meta", Summary: "Replace a user's metadata: maxStorageMB limits the storage, roles sets the roles", Tags: tags, DefaultStatus: http.StatusOK}, s.setUserMetadata)
}

type userMetadataOutput struct {
	Body map[string]json.RawMessage `example:"{\"maxStorageMB\": 1024}"`
}

func (s *server) getOwnMetadata(ctx context.Context, _ *struct{}) (*userMetadataOutput, error) {
	caller := callerFrom(ctx)
	if err := auth.Decide(caller, auth.BeSomebody, auth.Facts{}); err != nil {
		return nil, err
	}
	return s.userMetadata(ctx, caller.User.Name)
}

func (s *server) getUserMetadata(ctx context.Context, in *UserInput) (*userMetadataOutput, error) {
	return s.userMetadata(ctx, in.UserName)
}

func (s *server) userMetadata(ctx context.Context, name string) (*userMetadataOutput, error) {
	metadata, err := s.Users.Metadata(ctx, callerFrom(ctx), name)
	if err != nil {
		return nil, err
	}
	out := &userMetadataOutput{}
	return out, json.Unmarshal(metadata, &out.Body)
}

func (s *server) setUserMetadata(ctx context.Context, in *struct {
	UserInput
	Body map[string]json.RawMessage `example:"{\"maxStorageMB\": 1024}"`
}) (*struct{}, error) {
	metadata, err := json.Marshal(in.Body)
	if err != nil {
		return nil, err
	}
	return nil, s.Users.SetMetadata(ctx, callerFrom(ctx), in.UserName, metadata)
}
