package httpapi

var datasetsRoutes = []route{
	{pattern: "GET /orgs/{org}/ds", needs: always(needsInside)},
	{pattern: "POST /orgs/{org}/ds", body: `{"slug":"made"}`, needs: always(needsWrite), status: []int{201, 409}},
	{pattern: "GET /orgs/{org}/ds/{ds}", needs: reads},
	{pattern: "GET /orgs/{org}/ds/{ds}/ex", needs: reads},
	{pattern: "GET /orgs/{org}/ds/{ds}/stamp", needs: reads},
	{pattern: "PUT /orgs/{org}/ds/{ds}", body: `{"name":"x"}`, needs: writes, status: []int{204}},
	{pattern: "POST /orgs/{org}/ds/{ds}/rename", body: `{"slug":"default"}`, needs: writes, status: []int{400}},
	{pattern: "POST /orgs/{org}/ds/{ds}/chattr", body: `{}`, needs: writes, status: []int{400}},
	{pattern: "DELETE /orgs/{org}/ds/{ds}", needs: deletes, status: []int{204}},
}
