package httpapi

var systemRoutes = []route{
	{pattern: "GET /version", needs: always(needsNothing)},
	{pattern: "GET /sys/version", needs: always(needsUser)},
	{pattern: "GET /sys/features", needs: always(needsNothing)},
	{pattern: "GET /sys/processingNodes", needs: always(needsUser)},
	{pattern: "GET /sys/build-pending-status", needs: always(needsAdmin)},
	{pattern: "POST /sys/check-artifact-completeness", needs: always(needsAdmin), status: []int{202}},
	{pattern: "POST /sys/cleanup", body: `{"organizationSlug":"acme"}`, needs: always(needsAdmin), status: []int{202}},
	{pattern: "GET /health", needs: always(needsAdmin)},
	{pattern: "GET /metrics", needs: always(needsAdmin)},
	{pattern: "GET /quickhealth", needs: always(needsAdmin)},
	{pattern: "GET /openapi.json", needs: always(needsNothing)},
	{pattern: "GET /swagger", needs: always(needsNothing)},
	{pattern: "GET /scalar", needs: always(needsNothing)},
	{pattern: "GET /scalar/v1", needs: always(needsNothing)},
	{pattern: "GET /scalar/v1/scalar.js", needs: always(needsNothing)},
	{pattern: "GET /swagger/v1/swagger.json", needs: always(needsNothing)},
}
