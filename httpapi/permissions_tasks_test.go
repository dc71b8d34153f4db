package httpapi

var tasksRoutes = []route{
	{pattern: "GET /orgs/{org}/ds/{ds}/tasks/tools", needs: reads},
	{pattern: "POST /orgs/{org}/ds/{ds}/tasks", body: `{"toolId":"none"}`, needs: onDataset{needsInside, needsUser, absentToRead}, status: []int{400}},
	{pattern: "GET /orgs/{org}/ds/{ds}/tasks", needs: reads},
	{pattern: "POST /orgs/{org}/ds/{ds}/tasks/clear", needs: writes},
	{pattern: "GET /orgs/{org}/ds/{ds}/tasks/{id}", needs: reads, status: []int{404}},
	{pattern: "GET /orgs/{org}/ds/{ds}/tasks/{id}/log", needs: reads, status: []int{404}},
	{pattern: "GET /orgs/{org}/ds/{ds}/tasks/{id}/result", needs: reads, status: []int{404}},
	{pattern: "DELETE /orgs/{org}/ds/{ds}/tasks/{id}", needs: writes, status: []int{404}},
	{pattern: "POST /orgs/{org}/ds/{ds}/tasks/{id}/retry", needs: writes, status: []int{404}},
	{pattern: "POST /orgs/{org}/ds/{ds}/tasks/{id}/delete", needs: writes, status: []int{404}},
	{pattern: "GET /sys/tasks", needs: always(needsAdmin)},
	{pattern: "POST /sys/tasks/{id}/delete", needs: always(needsAdmin), status: []int{404}},
	{pattern: "POST /sys/cleanup-jobindices", needs: always(needsAdmin)},
}
