package httpapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"
)

// The toy is an API with one operation of every kind that the real one has.

type toyFields struct {
	Name       string          `json:"name" maxLength:"40"`
	Slug       *string         `json:"slug,omitempty"`
	Visibility *visibility     `json:"visibility,omitempty"`
	Recursive  bool            `json:"recursive,omitempty"`
	Size       int64           `json:"size,omitempty" minimum:"0" maximum:"1000000"`
	Ratio      float64         `json:"ratio,omitempty"`
	Paths      []string        `json:"paths,omitempty"`
	Levels     []int           `json:"levels,omitempty"`
	Data       json.RawMessage `json:"data,omitempty"`
}

type toyEcho struct {
	Org        string          `json:"org"`
	Name       string          `json:"name"`
	Slug       *string         `json:"slug"`
	Visibility visibility      `json:"visibility"`
	Given      bool            `json:"given"`
	Recursive  bool            `json:"recursive"`
	Size       int64           `json:"size"`
	Ratio      float64         `json:"ratio"`
	Paths      []string        `json:"paths"`
	Levels     []int           `json:"levels"`
	Data       json.RawMessage `json:"data"`
}

type toyInput struct {
	Org  string `path:"org"`
	Body toyFields
}

type toyOutput struct{ Body toyEcho }

type toyOptional struct {
	Org  string     `path:"org"`
	Body *toyFields `required:"false"`
}

type toyQuery struct {
	Org       string     `path:"org"`
	Page      int        `query:"page" default:"1" minimum:"1"`
	PageSize  int        `query:"pageSize" default:"50"`
	Recursive bool       `query:"recursive"`
	Type      visibility `query:"type"`
	Names     []string   `query:"names,explode"`
}

type toyQueried struct {
	Body struct {
		Page      int        `json:"page"`
		PageSize  int        `json:"pageSize"`
		Recursive bool       `json:"recursive"`
		Type      visibility `json:"type"`
		Names     []string   `json:"names"`
		Agent     string     `json:"agent"`
	}
}

func echo(org string, in *toyFields) *toyOutput {
	out := &toyOutput{Body: toyEcho{Org: org}}
	if in == nil {
		return out
	}
	b := &out.Body
	b.Name, b.Slug, b.Recursive, b.Size, b.Ratio, b.Paths, b.Levels, b.Data = in.Name, in.Slug, in.Recursive, in.Size, in.Ratio, in.Paths, in.Levels, in.Data
	if in.Visibility != nil {
		b.Visibility, b.Given = *in.Visibility, in.Visibility.Given
	}
	return out
}

var toyErrors = map[string]error{
	"invalid":         cairn.Errorf(cairn.Invalid, "bad"),
	"unauthenticated": cairn.Errorf(cairn.Unauthenticated, "Unauthorized"),
	"forbidden":       cairn.Errorf(cairn.Forbidden, "not yours"),
	"not-found":       cairn.Errorf(cairn.NotFound, "no such toy"),
	"conflict":        cairn.Errorf(cairn.Conflict, "taken"),
	"too-large":       cairn.Errorf(cairn.TooLarge, "too large"),
	"unsupported":     cairn.Errorf(cairn.Unsupported, "what?"),
	"quota":           cairn.Errorf(cairn.QuotaExceeded, "full"),
	"slow-down":       &cairn.Error{Code: cairn.TooManyRequests, Message: "slow down", RetryAfter: 1500 * time.Millisecond},
	"unavailable":     &cairn.Error{Code: cairn.Unavailable, Message: "busy", RetryAfter: 2 * time.Second},
	"internal":        cairn.Errorf(cairn.Internal, "secret").Because(errors.New("secret cause")),
	"untyped":         errors.New("secret: password=hunter2"),
}

func newToy(t *testing.T, o routerOptions) *api {
	t.Helper()
	a := newAPI(newRouter(o))
	register(a, huma.Operation{Method: http.MethodPost, Path: "/toys/{org}", MaxBodyBytes: 4096},
		func(_ context.Context, in *toyInput) (*toyOutput, error) { return echo(in.Org, &in.Body), nil })
	register(a, huma.Operation{Method: http.MethodDelete, Path: "/toys/{org}/parts"},
		func(_ context.Context, in *toyOptional) (*toyOutput, error) { return echo(in.Org, in.Body), nil })
	register(a, huma.Operation{Method: http.MethodDelete, Path: "/toys/{org}"},
		func(context.Context, *struct {
			Org string `path:"org"`
		}) (*struct{}, error) {
			return nil, nil
		})
	register(a, huma.Operation{Method: http.MethodPut, Path: "/toys/{org}", DefaultStatus: http.StatusOK},
		func(context.Context, *struct {
			Org string `path:"org"`
		}) (*struct{}, error) {
			return &struct{}{}, nil
		})
	register(a, huma.Operation{Method: http.MethodGet, Path: "/toys/{org}"},
		func(ctx context.Context, in *toyQuery) (*toyQueried, error) {
			out := &toyQueried{}
			b := &out.Body
			b.Page, b.PageSize, b.Recursive, b.Type, b.Names = in.Page, in.PageSize, in.Recursive, in.Type, in.Names
			b.Agent = requestFrom(ctx).UserAgent()
			return out, nil
		})
	register(a, huma.Operation{Method: http.MethodGet, Path: "/toys/{org}/errors/{kind}"},
		func(_ context.Context, in *struct {
			Org  string `path:"org"`
			Kind string `path:"kind"`
		}) (*toyOutput, error) {
			return nil, toyErrors[in.Kind]
		})
	register(a, huma.Operation{Method: http.MethodGet, Path: "/toys/{org}/panic"},
		func(context.Context, *struct {
			Org string `path:"org"`
		}) (*toyOutput, error) {
			panic("secret")
		})
	register(a, huma.Operation{Method: http.MethodGet, Path: "/toys/{org}/unwritable"},
		func(context.Context, *struct {
			Org string `path:"org"`
		}) (*struct{ Body unwritable }, error) {
			return &struct{ Body unwritable }{}, nil
		})
	register(a, huma.Operation{Method: http.MethodGet, Path: "/toys/{org}/files/{path}", Metadata: map[string]any{patternKey: "/toys/{org}/files/*"}},
		func(_ context.Context, in *struct {
			Org  string `path:"org"`
			Path string `path:"path"`
		}) (*toyOutput, error) {
			return &toyOutput{Body: toyEcho{Org: in.Org, Name: in.Path}}, nil
		})
	a.stream(huma.Operation{Method: http.MethodGet, Path: "/toys/{org}/raw/{path}"}, "/toys/{org}/raw/*", func(w http.ResponseWriter, r *http.Request) error {
		if err := toyErrors[query(r, "fail")]; err != nil {
			return err
		}
		serveContent(w, r, "raw.bin", time.Time{}, strings.NewReader(param(r, "org")+" "+param(r, "*")))
		return nil
	}, challengeBasic)
	a.stream(huma.Operation{Method: http.MethodGet, Path: "/toys/{org}/tiles/{z}/{x}/{y}.{ext}"}, "/toys/{org}/tiles/{z}/{x}/{y}.{ext:png|webp}", func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, param(r, "z")+" "+param(r, "x")+" "+param(r, "y")+" "+param(r, "ext"))
		return err
	})
	a.stream(huma.Operation{Method: http.MethodGet, Path: "/base"}, "", func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.WriteString(w, baseURL(r)+" "+clientAddress(r).String())
		return err
	})
	a.stream(huma.Operation{Method: http.MethodGet, Path: "/broken"}, "", func(w http.ResponseWriter, r *http.Request) error {
		w.Header().Set("Content-Length", "100")
		if _, err := io.WriteString(w, "half"); err != nil {
			return err
		}
		if err := http.NewResponseController(w).Flush(); err != nil {
			return err
		}
		if query(r, "fail") != "" {
			return toyErrors[query(r, "fail")]
		}
		panic("too late")
	})
	return a
}

type unwritable struct {
	Name string `json:"name"`
}

func (unwritable) MarshalJSON() ([]byte, error) { return nil, errors.New("secret") }

func serve(a *api, r *http.Request) *http.Response {
	w := httptest.NewRecorder()
	a.router.ServeHTTP(w, r)
	return w.Result()
}

func get(t *testing.T, a *api, target string) *http.Response {
	t.Helper()
	return serve(a, httptest.NewRequest(http.MethodGet, target, nil))
}

func text(t *testing.T, res *http.Response) string {
	t.Helper()
	body, err := io.ReadAll(res.Body)
	require.NoError(t, err)
	return string(body)
}

// requireError checks that an answer is an error as the API has them.
func requireError(t *testing.T, res *http.Response, status int, noRetry bool) string {
	t.Helper()
	body := text(t, res)
	require.Equal(t, status, res.StatusCode, body)
	require.Equal(t, "application/json", res.Header.Get("Content-Type"))
	var members map[string]any
	require.NoError(t, json.Unmarshal([]byte(body), &members), body)
	require.Len(t, members, 2)
	require.Equal(t, noRetry, members["noRetry"])
	message, ok := members["error"].(string)
	require.True(t, ok)
	require.NotEmpty(t, message)
	return message
}

func send(method, target, contentType, body string) *http.Request {
	r := httptest.NewRequest(method, target, strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	return r
}

// form makes a multipart body of names and values in turn.
func form(t *testing.T, namesAndValues ...string) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	for i := 0; i < len(namesAndValues); i += 2 {
		require.NoError(t, w.WriteField(namesAndValues[i], namesAndValues[i+1]))
	}
	require.NoError(t, w.Close())
	return w.FormDataContentType(), b.String()
}
