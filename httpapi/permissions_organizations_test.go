package httpapi

var organizationsRoutes = []route{
	{pattern: "GET /orgs", needs: always(needsUser)},
	{pattern: "GET /orgs/public", needs: always(needsNoBan)},
	{pattern: "POST /orgs", body: `{"slug":"made"}`, needs: always(needsUser), status: []int{201, 409}},
	{pattern: "GET /orgs/{org}", needs: always(needsInside)},
	{pattern: "DELETE /orgs/{org}", needs: always(needsDelete), status: []int{204}},
}
