package httpapi

import (
	"bytes"
	"context"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/catalog/dbtest"
	"github.com/cairngeo/cairn/federation"
	"github.com/cairngeo/cairn/ingest"
	"github.com/cairngeo/cairn/tiling"
	"github.com/cairngeo/cairn/web"
	"github.com/go-chi/chi/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// whole is a whole server with the organization acme, its people, and in it
// the datasets private, unlisted and public with the file a.txt each.
type whole struct {
	http.Handler
	pool    *pgxpool.Pool
	catalog *catalog.Catalog
	ingest  *ingest.Ingest
	admin   auth.Caller
	tokens  map[string]string // by the callers of the table; none for anonymous
}

var people = []string{"anonymous", "stranger", "member 0", "member 1", "member 2", "member 3", "owner", "admin", "deactivated"}

func newWhole(t *testing.T) *whole {
	t.Helper()
	pool, err := catalog.Connect(t.Context(), dbtest.New(t, catalog.Migrate))
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(func() { cancel(); pool.Close() })
	users, err := auth.Open(ctx, pool, auth.Options{})
	require.NoError(t, err)
	entries := catalog.Open(ctx, pool)
	store, err := blob.NewFolder(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, store.Close()) })
	tiles := tiling.New(store, tiling.Options{CacheBytes: 1 << 20})
	t.Cleanup(tiles.Close)
	intake, _, err := ingest.New(entries, store, pool, ingest.Options{Tiles: tiles})
	require.NoError(t, err)
	w := &whole{pool: pool, catalog: entries, ingest: intake, tokens: map[string]string{}}
	w.Handler = New(Config{Users: users, Catalog: entries, Store: store, Ingest: intake, Federation: federation.New(entries, intake), Tiles: tiles,
		Reference: web.Reference, Page: fstest.MapFS{"index.html": {Data: []byte("<html>")}}})
	for _, name := range people[1:] {
		var roles []string
		if name == "admin" {
			roles = []string{auth.RoleAdmin}
		}
		user, err := users.Create(ctx, name, "", "x", roles...)
		require.NoError(t, err)
		token, err := users.Refresh(auth.Caller{User: user})
		require.NoError(t, err)
		w.tokens[name] = token.Text
		if name == "admin" {
			w.admin = auth.Caller{User: user}
		}
	}
	_, err = pool.Exec(ctx, `insert into user_roles select id, 'deactivated' from users where name = 'deactivated'`)
	require.NoError(t, err)
	w.furnish(t)
	return w
}

// answer is what the server answers to the request.
func (w *whole) answer(r *http.Request) *http.Response {
	recorder := httptest.NewRecorder()
	w.ServeHTTP(recorder, r)
	return recorder.Result()
}

// furnish makes what is missing of acme.
func (w *whole) furnish(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	require.NoError(t, w.catalog.Update(ctx, func(tx catalog.Tx) error {
		_, err := tx.Exec(ctx, `insert into organizations (slug, name, owner_id) select 'acme', 'Acme', id from users where name = 'owner' on conflict do nothing`)
		if err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `insert into memberships (organization_id, user_id, level)
			select o.id, u.id, right(u.name, 1)::smallint from organizations o, users u where o.slug = 'acme' and u.name like 'member %' on conflict do nothing`)
		return err
	}))
	for slug, visibility := range map[string]auth.Visibility{"private": auth.Private, "unlisted": auth.Unlisted, "public": auth.Public} {
		d, err := w.catalog.Dataset(ctx, w.admin, "acme", slug, auth.ReadDataset)
		if err != nil {
			d, err = w.catalog.CreateDataset(ctx, w.admin, "acme", catalog.NewDataset{Slug: slug, Visibility: visibility})
		}
		require.NoError(t, err)
		_, err = w.ingest.Upload(ctx, d, "a.txt", strings.NewReader("abc"), 3)
		require.NoError(t, err)
	}
}

// What a route needs, as the answers to people: + may, S sign in (401),
// F forbidden (403), N not found (404), U exactly "Unauthorized" (401).
const (
	needsNothing   = "+ + + + + + + + +"
	needsNoBan     = "+ + + + + + + + U"
	needsUser      = "S + + + + + + + U"
	needsInside    = "S F + + + + + + U"
	needsWrite     = "S F F + + + + + U"
	needsDelete    = "S F F F + + + + U"
	needsAdmin     = "S F F F F F F + U"
	absentToRead   = "S F N N N N N N U"
	absentToWrite  = "S F F N N N N N U"
	absentToDelete = "S F F F N N N N U"
)

// onDataset are the needs by the dataset that {ds} stands for.
type onDataset struct{ private, public, absent string }

var (
	reads   = onDataset{needsInside, needsNoBan, absentToRead}
	writes  = onDataset{needsWrite, needsWrite, absentToWrite}
	deletes = onDataset{needsDelete, needsDelete, absentToDelete}
)

func always(need string) onDataset { return onDataset{need, need, need} }

// route is one line of the table: a request that is right but for who makes it.
type route struct {
	pattern string // of the router
	target  string // {ds} stands for the dataset; "": the pattern with acme for {org}
	body    string // JSON; "file" for the upload of one
	needs   onDataset
	status  []int // who may gets one of these; 200 if empty
}

const abcHash = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"

// routes is the table, from the files permissions_*_test.go.
var routes = slices.Concat(systemRoutes, usersRoutes, organizationsRoutes, datasetsRoutes, metadataRoutes, objectsRoutes, downloadsRoutes, tilesRoutes, rasterValuesRoutes, buildsRoutes, tasksRoutes, pushRoutes, shareRoutes, stacRoutes)

// request makes the request of a line for one dataset and caller.
func (r route) request(t *testing.T, ds, token string) *http.Request {
	t.Helper()
	method, target, _ := strings.Cut(r.pattern, " ")
	if r.target != "" {
		target = r.target
	}
	target = strings.NewReplacer("{org}", "acme", "{ds}", ds).Replace(target)
	contentType, body := "", r.body
	switch {
	case body == "file":
		contentType, body = fileForm(t, "a.txt", "abc")
	case body != "":
		contentType = "application/json"
	}
	req := send(method, target, contentType, body)
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	return req
}

func fileForm(t *testing.T, path, content string) (contentType, body string) {
	t.Helper()
	var b bytes.Buffer
	w := multipart.NewWriter(&b)
	require.NoError(t, w.WriteField("path", path))
	part, err := w.CreateFormFile("file", path)
	require.NoError(t, err)
	_, err = part.Write([]byte(content))
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return w.FormDataContentType(), b.String()
}

// letter is how an answer is written in the table. Only who may not is told
// 401 and 403; N is for datasets that are not there.
func (r route) letter(res *http.Response, body string, absent bool) string {
	ok := r.status
	if len(ok) == 0 {
		ok = []int{http.StatusOK}
	}
	switch {
	case res.StatusCode == http.StatusUnauthorized && res.Header.Get("WWW-Authenticate") == "":
		return "401 without a challenge"
	case res.StatusCode == http.StatusUnauthorized && strings.Contains(body, `"error":"Unauthorized"`):
		return "U"
	case res.StatusCode == http.StatusUnauthorized:
		return "S"
	case res.StatusCode == http.StatusForbidden:
		return "F"
	case absent && res.StatusCode == http.StatusNotFound:
		return "N"
	case slices.Contains(ok, res.StatusCode):
		return "+"
	}
	return res.Status + " " + body
}

// Decisions 13 to 15 and item 56 of the checklist, on every route there is.
func TestPermissionsOfEveryRoute(t *testing.T) {
	t.Parallel()
	w := newWhole(t)
	document := loadDocument(t, w, "/openapi.json")
	checked := map[string]bool{}
	for _, r := range routes {
		hidden := map[string]string{} // what outsiders are told of a private dataset
		for _, c := range []struct{ ds, want string }{{"private", r.needs.private}, {"unlisted", r.needs.public}, {"public", r.needs.public}, {"absent", r.needs.absent}} {
			for i, name := range people {
				req := r.request(t, c.ds, w.tokens[name])
				recorder := httptest.NewRecorder()
				w.ServeHTTP(recorder, req)
				res := recorder.Result()
				body := recorder.Body.String()
				absent := c.ds == "absent" && r.needs != always(r.needs.private)
				want := strings.Fields(c.want)[i]
				assert.Equal(t, want, r.letter(res, body, absent), "%s, %s dataset, %s", r.pattern, c.ds, name)
				if want == "S" || want == "F" {
					if c.ds == "private" {
						hidden[name] = body
					} else if c.ds == "absent" {
						assert.Equal(t, hidden[name], body, "%s: %s can't tell an absent dataset from a private one", r.pattern, name)
					}
				}
				if kind := res.Header.Get("Content-Type"); strings.Contains(kind, "json") && !strings.Contains(kind, "openapi") && !checked[r.pattern+res.Status] {
					checked[r.pattern+res.Status] = true
					checkAgainstDocument(t, document, r.request(t, c.ds, ""), answer(res, body))
				}
				if req.Method == http.MethodDelete && res.StatusCode < 300 {
					w.furnish(t)
				}
			}
		}
	}
}

// answer is the answer with its body unread.
func answer(res *http.Response, body string) *http.Response {
	res.Body = io.NopCloser(strings.NewReader(body))
	return res
}

// A route that the table forgets fails here, and so does a line without a route.
func TestPermissionsTableHasEveryRoute(t *testing.T) {
	t.Parallel()
	var registered, listed []string
	require.NoError(t, chi.Walk(newWhole(t).Handler.(chi.Routes), func(method, pattern string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		registered = append(registered, method+" "+pattern)
		return nil
	}))
	for _, r := range routes {
		listed = append(listed, r.pattern)
	}
	assert.ElementsMatch(t, registered, listed)
}
