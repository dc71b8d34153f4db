package httpapi

var downloadsRoutes = []route{
	{pattern: "GET /orgs/{org}/ds/{ds}/download", target: "/orgs/acme/ds/{ds}/download?path=a.txt", needs: reads},
}
