package httpapi

import (
	"context"
	"maps"
	"net/http"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
)

// leastKey is the operation metadata that holds the least right that the
// operation needs, an auth.Action, where its address does not tell.
const leastKey = "least"

// needing is the operation with a least right that its address does not tell.
func needing(least auth.Action, op huma.Operation) huma.Operation {
	op.Metadata = maps.Clone(op.Metadata)
	if op.Metadata == nil {
		op.Metadata = map[string]any{}
	}
	op.Metadata[leastKey] = least
	return op
}

const (
	organizationPath = "/orgs/{org}"
	datasetPath      = "/orgs/{org}/ds/{ds}"
)

// leastOf is the least right that an operation needs. Its handler knows better
// and decides for itself.
func leastOf(op *huma.Operation) auth.Action {
	if least, ok := op.Metadata[leastKey].(auth.Action); ok {
		return least
	}
	switch {
	case below(op.Path, datasetPath):
		return auth.ReadDataset
	case below(op.Path, organizationPath):
		return auth.ReadOrganization
	case below(op.Path, "/sys"):
		return auth.Administer
	case op.Path == "/orgs", below(op.Path, "/users"), below(op.Path, "/share"):
		return auth.BeSomebody
	}
	return auth.Browse
}

// below tells whether a path is the root or lies below it.
func below(path, root string) bool {
	rest, ok := strings.CutPrefix(path, root)
	return ok && (rest == "" || rest[0] == '/')
}

// gate turns away who lacks the least right before anything else about the
// request is looked at: who may not is told so, and not what is wrong with a
// parameter.
func (s *server) gate(c huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(c)
	err := s.admit(r.Context(), leastOf(c.Operation()), r)
	if err != nil && cairn.CodeOf(err) != cairn.NotFound { // what is missing may be made, or be none of the caller's business
		writeError(w, r, err)
		return
	}
	next(c)
}

func (s *server) admit(ctx context.Context, least auth.Action, r *http.Request) (err error) {
	caller := callerFrom(ctx)
	switch least {
	case auth.Browse: // also who is turned away elsewhere may log in as somebody else
	case auth.ReadDataset:
		_, err = s.Catalog.Dataset(ctx, caller, param(r, "org"), param(r, "ds"), least)
	case auth.ReadOrganization:
		_, err = s.Catalog.Organization(ctx, caller, param(r, "org"), least)
	default:
		err = auth.Decide(caller, least, auth.Facts{})
	}
	return err
}
