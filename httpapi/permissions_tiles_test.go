package httpapi

var tilesRoutes = []route{
	{pattern: "GET /orgs/{org}/ds/{ds}/raster-info", target: "/orgs/acme/ds/{ds}/raster-info?path=a.txt", needs: reads, status: []int{400}},
	{pattern: "GET /orgs/{org}/ds/{ds}/raster-metadata", target: "/orgs/acme/ds/{ds}/raster-metadata?path=a.txt", needs: reads, status: []int{400}},
	{pattern: "GET /orgs/{org}/ds/{ds}/tilejson", target: "/orgs/acme/ds/{ds}/tilejson?path=a.txt", needs: reads, status: []int{400}},
	{pattern: "GET /orgs/{org}/ds/{ds}/thumb", target: "/orgs/acme/ds/{ds}/thumb?path=a.txt", needs: reads, status: []int{400}},
	{pattern: "GET /orgs/{org}/ds/{ds}/thumb-ex", target: "/orgs/acme/ds/{ds}/thumb-ex?path=a.txt", needs: reads, status: []int{400}},
	{pattern: "GET /orgs/{org}/ds/{ds}/tiles-ex/{z}/{x}/{tile}", target: "/orgs/acme/ds/{ds}/tiles-ex/1/0/0.png?path=a.txt", needs: reads, status: []int{400}},
	{pattern: "GET /orgs/{org}/ds/{ds}/tiles/{z}/{x}/{tile}", target: "/orgs/acme/ds/{ds}/tiles/1/0/0.png?path=a.txt", needs: reads, status: []int{400}},
	{pattern: "GET /orgs/{org}/ds/{ds}/mosaic/tilejson", needs: reads},
	{pattern: "GET /orgs/{org}/ds/{ds}/mosaic/{z}/{x}/{tile}", target: "/orgs/acme/ds/{ds}/mosaic/1/0/0.png", needs: reads},
}
