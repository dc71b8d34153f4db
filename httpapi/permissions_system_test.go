package httpapi

var systemRoutes = []route{
	{pattern: "GET /version", needs: always(needsNothing)},
	{pattern: "GET /openapi.json", needs: always(needsNothing)},
	{pattern: "GET /swagger/v1/swagger.json", needs: always(needsNothing)},
}
