package httpapi

var buildsRoutes = []route{
	{pattern: "POST /orgs/{org}/ds/{ds}/build", body: `{"path":"a.txt"}`, needs: writes},
	{pattern: "GET /orgs/{org}/ds/{ds}/builds", needs: reads},
	{pattern: "POST /orgs/{org}/ds/{ds}/builds/clear", needs: writes},
	{pattern: "GET /orgs/{org}/ds/{ds}/build/{hash}/*", target: "/orgs/acme/ds/{ds}/build/" + abcHash + "/cog/cog.tif", needs: reads, status: []int{404}},
}
