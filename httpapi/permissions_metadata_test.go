package httpapi

var metadataRoutes = []route{
	{pattern: "GET /orgs/{org}/ds/{ds}/meta/list", needs: reads},
	{pattern: "GET /orgs/{org}/ds/{ds}/meta/{key}", target: "/orgs/acme/ds/{ds}/meta/name", needs: reads},
	{pattern: "GET /orgs/{org}/ds/{ds}/meta/get/{key}", target: "/orgs/acme/ds/{ds}/meta/get/name", needs: reads},
	{pattern: "POST /orgs/{org}/ds/{ds}/meta/dump", needs: reads},
	{pattern: "POST /orgs/{org}/ds/{ds}/meta/{key}", target: "/orgs/acme/ds/{ds}/meta/notes", body: `"x"`, needs: writes},
	{pattern: "POST /orgs/{org}/ds/{ds}/meta/add/{key}", target: "/orgs/acme/ds/{ds}/meta/add/notes", body: `"x"`, needs: writes},
	{pattern: "POST /orgs/{org}/ds/{ds}/meta/add", body: `{"key":"notes","data":1}`, needs: writes},
	{pattern: "POST /orgs/{org}/ds/{ds}/meta/{key}/set", target: "/orgs/acme/ds/{ds}/meta/note/set", body: `"x"`, needs: writes},
	{pattern: "POST /orgs/{org}/ds/{ds}/meta/set/{key}", target: "/orgs/acme/ds/{ds}/meta/set/note", body: `"x"`, needs: writes},
	{pattern: "POST /orgs/{org}/ds/{ds}/meta/set", body: `{"key":"note","data":1}`, needs: writes},
	{pattern: "DELETE /orgs/{org}/ds/{ds}/meta/{key}", target: "/orgs/acme/ds/{ds}/meta/none", needs: writes},
	{pattern: "DELETE /orgs/{org}/ds/{ds}/meta/unset/{key}", target: "/orgs/acme/ds/{ds}/meta/unset/none", needs: writes},
	{pattern: "POST /orgs/{org}/ds/{ds}/meta/unset", body: `{"key":"none"}`, needs: writes},
	{pattern: "DELETE /orgs/{org}/ds/{ds}/meta/remove/{id}", target: "/orgs/acme/ds/{ds}/meta/remove/none", needs: writes},
	{pattern: "POST /orgs/{org}/ds/{ds}/meta/remove", body: `{"id":"none"}`, needs: writes},
}
