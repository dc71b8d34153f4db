package httpapi

var downloadsRoutes = []route{
	{pattern: "GET /orgs/{org}/ds/{ds}/download", target: "/orgs/acme/ds/{ds}/download?path=a.txt", needs: reads},
	{pattern: "GET /orgs/{org}/ds/{ds}/download/*", target: "/orgs/acme/ds/{ds}/download/a.txt", needs: reads},
	{pattern: "POST /orgs/{org}/ds/{ds}/download", body: `{"path":["a.txt"]}`, needs: reads},
	{pattern: "GET /orgs/{org}/ds/{ds}/ddb", needs: reads},
	{pattern: "GET /orgs/{org}/ds/{ds}/build-artifact", target: "/orgs/acme/ds/{ds}/build-artifact?path=a.txt", needs: reads, status: []int{404}},
}
