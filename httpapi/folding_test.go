package httpapi

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// foldingRoutes overlap as those of the API do.
var foldingRoutes = []string{
	"GET /orgs", "GET /orgs/{org}", "GET /orgs/{org}/ds", "GET /orgs/{org}/ds/{ds}/meta/{key}", "GET /orgs/{org}/ds/{ds}/meta/list",
	"POST /users/changePwd", "GET /users/{userName}", "GET /users/{userName}/orgs", "GET /users/roles",
	"POST /share/{token}/upload", "POST /share/upload/{token}",
	"GET /orgs/{org}/ds/{ds}/build/{hash}/*",
	"GET /tiles/{z}/{x}/{y}@2x.png", "GET /tiles/{z}/{x}/{y}.{ext:png|webp}", "GET /Page/",
}

// Items 13 and 14 of the checklist: which route answers, with which parameters.
func TestFolding13And14(t *testing.T) {
	t.Parallel()
	router := newRouter(routerOptions{})
	for _, route := range foldingRoutes {
		router.HandleFunc(route, func(w http.ResponseWriter, r *http.Request) {
			answer := r.Method + " " + chi.RouteContext(r.Context()).RoutePattern()
			for _, name := range []string{"org", "ds", "key", "userName", "token", "hash", "z", "x", "y", "ext", "*"} {
				if value := param(r, name); value != "" {
					answer += " " + name + "=" + value
				}
			}
			_, err := w.Write([]byte(answer))
			assert.NoError(t, err)
		})
	}
	for request, want := range map[string]string{
		"GET /orgs":                                 "GET /orgs",
		"GET /orgs/":                                "GET /orgs",
		"GET /ORGS/":                                "GET /orgs",
		"GET //orgs":                                "GET /orgs",
		"GET //Orgs/":                               "GET /orgs",
		"GET //orgs/acme/":                          "GET /orgs/{org} org=acme",
		"GET /Orgs/Acme":                            "GET /orgs/{org} org=Acme",
		"GET /orgs/acme/DS/":                        "GET /orgs/{org}/ds org=acme",
		"GET /orgs/DS/ds":                           "GET /orgs/{org}/ds org=DS",
		"GET /orgs/a/ds/b/Meta/LIST":                "GET /orgs/{org}/ds/{ds}/meta/list org=a ds=b",
		"GET /orgs/a/ds/b/Meta/Lists":               "GET /orgs/{org}/ds/{ds}/meta/{key} org=a ds=b key=Lists",
		"GET /orgs/a/ds/b/meta/a%2FB%20c":           "GET /orgs/{org}/ds/{ds}/meta/{key} org=a ds=b key=a/B c",
		"GET /ORGS/a/DS/b/META/a%2FLIST/":           "GET /orgs/{org}/ds/{ds}/meta/{key} org=a ds=b key=a/LIST",
		"POST /users/ChangePWD":                     "POST /users/changePwd",
		"POST /USERS/changepwd/":                    "POST /users/changePwd",
		"GET /users/Roles":                          "GET /users/roles",
		"GET /users/Bob":                            "GET /users/{userName} userName=Bob",
		"GET /users/ROLES/Orgs":                     "GET /users/{userName}/orgs userName=ROLES",
		"POST /Share/tOkEn/UPLOAD":                  "POST /share/{token}/upload token=tOkEn",
		"POST /share/Upload/tOkEn":                  "POST /share/upload/{token} token=tOkEn",
		"GET /orgs/a/ds/b/BUILD/Ff/Cog/COG.tif":     "GET /orgs/{org}/ds/{ds}/build/{hash}/* org=a ds=b hash=Ff *=Cog/COG.tif",
		"GET /orgs/a/ds/b/build/Ff/a//B/":           "GET /orgs/{org}/ds/{ds}/build/{hash}/* org=a ds=b hash=Ff *=a//B/",
		"GET /orgs/a/ds/b/Build/ff/a%2FB/%C3%84%20": "GET /orgs/{org}/ds/{ds}/build/{hash}/* org=a ds=b hash=ff *=a/B/Ä ",
		"GET /Tiles/1/2/3@2X.PNG":                   "GET /tiles/{z}/{x}/{y}@2x.png z=1 x=2 y=3",
		"GET /Tiles/1/2/3.webp":                     "GET /tiles/{z}/{x}/{y}.{ext:png|webp} z=1 x=2 y=3 ext=webp",
		"GET /page/":                                "GET /Page", // RoutePattern leaves the slash out
		"GET /orgs//":                               "404",
		"GET /orgsx":                                "404",
		"GET /tiles/1/2/3.gif":                      "404",
	} {
		t.Run(request, func(t *testing.T) {
			t.Parallel()
			method, target, _ := strings.Cut(request, " ")
			w := httptest.NewRecorder()
			router.ServeHTTP(w, httptest.NewRequest(method, target, nil))
			if want == "404" {
				require.Equal(t, 404, w.Code, w.Body.String())
				return
			}
			require.Equal(t, 200, w.Code, w.Body.String())
			assert.Equal(t, want, w.Body.String())
		})
	}
}

func FuzzFolding(f *testing.F) {
	router := newRouter(routerOptions{})
	for _, route := range foldingRoutes {
		router.HandleFunc(route, func(http.ResponseWriter, *http.Request) {})
	}
	tree := wordsOf(router)
	for _, seed := range []string{"/", "//", "/orgs/%2F", "/tiles/1/2/3@2x.png", "/orgs/a/ds/b/build/c/d"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		folded := tree.fold(path)
		if again := tree.fold(folded); again != folded && folded[:min(2, len(folded))] != "//" {
			t.Errorf("%q became %q and then %q", path, folded, again)
		}
	})
}
