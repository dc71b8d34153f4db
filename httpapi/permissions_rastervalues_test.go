package httpapi

var rasterValuesRoutes = []route{
	{pattern: "GET /orgs/{org}/ds/{ds}/raster-value-info", target: "/orgs/acme/ds/{ds}/raster-value-info?path=a.txt", needs: reads, status: []int{400}},
	{pattern: "GET /orgs/{org}/ds/{ds}/raster-point-value", target: "/orgs/acme/ds/{ds}/raster-point-value?path=a.txt&x=0&y=0", needs: reads, status: []int{400}},
	{pattern: "GET /orgs/{org}/ds/{ds}/raster-area-stats", target: "/orgs/acme/ds/{ds}/raster-area-stats?path=a.txt&x0=0&y0=0&x1=1&y1=1", needs: reads, status: []int{400}},
	{pattern: "POST /orgs/{org}/ds/{ds}/raster-profile", body: `{"path":"a.txt","lineString":"{\"type\":\"LineString\",\"coordinates\":[[0,0],[1,1]]}"}`, needs: reads, status: []int{400}},
	{pattern: "POST /orgs/{org}/ds/{ds}/contours", body: `{"path":"a.txt","interval":1}`, needs: reads, status: []int{400}},
	{pattern: "GET /orgs/{org}/ds/{ds}/export", target: "/orgs/acme/ds/{ds}/export?path=a.txt", needs: reads, status: []int{400}},
}
