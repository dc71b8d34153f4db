package httpapi

var objectsRoutes = []route{
	{pattern: "GET /orgs/{org}/ds/{ds}/list", needs: reads},
	{pattern: "POST /orgs/{org}/ds/{ds}/list", body: `{}`, needs: reads},
	{pattern: "POST /orgs/{org}/ds/{ds}/search", body: `{"query":"*"}`, needs: reads},
	{pattern: "GET /orgs/{org}/ds/{ds}/obj", target: "/orgs/acme/ds/{ds}/obj?path=a.txt", needs: reads},
	{pattern: "POST /orgs/{org}/ds/{ds}/obj", body: "file", needs: writes, status: []int{201}},
	{pattern: "PUT /orgs/{org}/ds/{ds}/obj", body: `{"source":"gone","dest":"x"}`, needs: writes, status: []int{404}},
	{pattern: "POST /orgs/{org}/ds/{ds}/obj/copy", body: `{"source":"gone","dest":"x"}`, needs: writes, status: []int{404}},
	{pattern: "POST /orgs/{org}/ds/{ds}/transfer", body: `{"sourcePath":"gone","destOrgSlug":"acme","destDsSlug":"private"}`, needs: writes, status: []int{400, 404}},
	{pattern: "DELETE /orgs/{org}/ds/{ds}/obj", target: "/orgs/acme/ds/{ds}/obj?path=a.txt", needs: writes, status: []int{204}},
	{pattern: "DELETE /orgs/{org}/ds/{ds}/obj/batch", body: `{"paths":["a.txt","gone"]}`, needs: writes},
}
