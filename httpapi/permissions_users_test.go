package httpapi

const (
	needsAccount = "S F F F F F + + U" // the owner's
)

var usersRoutes = []route{
	{pattern: "POST /users/authenticate", body: `{}`, needs: always(needsNothing), status: []int{400}},
	{pattern: "POST /users/authenticate/refresh", needs: always(needsUser)},

	{pattern: "GET /users", needs: always(needsAdmin)},
	{pattern: "GET /users/detailed", needs: always(needsAdmin)},
	{pattern: "POST /users", body: `{"userName":"made","password":"password1"}`, needs: always(needsAdmin), status: []int{200, 409}},
	{pattern: "PUT /users/{userName}", target: "/users/owner", body: `{"email":"o@example.com"}`, needs: always(needsAccount)},
	{pattern: "DELETE /users/{userName}", target: "/users/nobody", needs: always(needsAdmin), status: []int{404}},
	{pattern: "DELETE /users", body: `{"userName":"nobody"}`, needs: always(needsAdmin), status: []int{404}},
	{pattern: "POST /users/changepwd", body: `{"oldPassword":"wrong","newPassword":"password1"}`, needs: always(needsUser), status: []int{400}},
	{pattern: "PUT /users/{userName}/changepwd", target: "/users/owner/changepwd", body: `{"currentPassword":"wrong","newPassword":""}`, needs: always("S F F F F F U + U"), status: []int{400}},

	{pattern: "GET /users/roles", needs: always(needsUser)},
	{pattern: "POST /users/roles", body: `{"roleName":"made"}`, needs: always(needsAdmin), status: []int{200, 409}},
	{pattern: "POST /users/roles/{roleName}", target: "/users/roles/made", needs: always(needsAdmin), status: []int{200, 409}},
	{pattern: "DELETE /users/roles/{roleName}", target: "/users/roles/gone", needs: always(needsAdmin), status: []int{404}},

	{pattern: "GET /users/meta", needs: always(needsUser)},
	{pattern: "GET /users/storage", needs: always(needsUser)},
	{pattern: "GET /users/{userName}/storage", target: "/users/owner/storage", needs: always(needsAccount)},
	{pattern: "GET /users/{userName}/meta", target: "/users/owner/meta", needs: always(needsAccount)},
	{pattern: "POST /users/{userName}/meta", target: "/users/owner/meta", body: `{"a":1}`, needs: always(needsAdmin)},

	{pattern: "GET /users/{userName}/orgs", target: "/users/owner/orgs", needs: always(needsAccount)},
	{pattern: "PUT /users/{userName}/orgs", target: "/users/owner/orgs", body: `[]`, needs: always(needsAdmin)},
	{pattern: "POST /users/{userName}/orgs", target: "/users/owner/orgs", body: `{"orgSlug":"acme"}`, needs: always(needsAdmin), status: []int{400}},
	{pattern: "PUT /users/{userName}/orgs/{org}", target: "/users/owner/orgs/acme", body: `{"permissions":1}`, needs: always(needsAdmin), status: []int{404}},
	{pattern: "DELETE /users/{userName}/orgs/{org}", target: "/users/owner/orgs/acme", needs: always(needsAdmin), status: []int{404}},
}
