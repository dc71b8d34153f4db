package httpapi

var organizationsRoutes = []route{
	{pattern: "GET /orgs", needs: always(needsUser)},
	{pattern: "GET /orgs/public", needs: always(needsNoBan)},
	{pattern: "POST /orgs", body: `{"slug":"made"}`, needs: always(needsUser), status: []int{201, 409}},
	{pattern: "GET /orgs/{org}", needs: always(needsInside)},
	{pattern: "PUT /orgs/{org}", body: `{"description":"x"}`, needs: always(needsWrite), status: []int{204}},
	{pattern: "DELETE /orgs/{org}", needs: always(needsDelete), status: []int{204}},

	{pattern: "GET /orgs/{org}/members", needs: always(needsInside)},
	{pattern: "POST /orgs/{org}/members", body: `{"userName":"nobody","permissions":1}`, needs: always("S F F F F + + + U"), status: []int{404}},
	{pattern: "PUT /orgs/{org}/members/{userName}", target: "/orgs/acme/members/nobody", body: `{"permissions":1}`, needs: always("S F F F F + + + U"), status: []int{404}},
	{pattern: "DELETE /orgs/{org}/members/{userName}", target: "/orgs/acme/members/nobody", needs: always("S F F F F + + + U"), status: []int{404}},

	{pattern: "POST /sys/move-datasets", body: `{"sourceOrgSlug":"acme","destinationOrgSlug":"acme","datasetSlugs":["x"]}`, needs: always(needsAdmin), status: []int{400}},
	{pattern: "POST /sys/merge-organizations", body: `{"sourceOrgSlug":"acme","destinationOrgSlug":"acme"}`, needs: always(needsAdmin), status: []int{400}},
	{pattern: "POST /sys/cleanupdatasets", needs: always(needsAdmin)},
	{pattern: "POST /sys/cleanupbatches", needs: always(needsAdmin)},
	{pattern: "POST /sys/migratevisibility", needs: always(needsAdmin)},
	{pattern: "GET /sys/report", needs: always(needsAdmin)},
}
