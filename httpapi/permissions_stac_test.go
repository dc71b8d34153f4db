package httpapi

var stacRoutes = []route{
	{pattern: "GET /stac", needs: always(needsNoBan)},
	{pattern: "GET /stac/conformance", needs: always(needsNothing)},
	{pattern: "GET /stac/collections", needs: always(needsNoBan)},
	{pattern: "GET /stac/collections/{id}", target: "/stac/collections/acme.{ds}", needs: reads},
	{pattern: "GET /stac/collections/{org}/{ds}", needs: reads},
	{pattern: "GET /stac/collections/{id}/items", target: "/stac/collections/acme%2F{ds}/items", needs: reads},
	{pattern: "GET /stac/collections/{org}/{ds}/items", needs: reads},
	{pattern: "GET /stac/collections/{id}/items/{item}", target: "/stac/collections/acme.{ds}/items/YS50eHQ", needs: reads},
	{pattern: "GET /stac/collections/{org}/{ds}/items/{item}", target: "/stac/collections/acme/{ds}/items/YS50eHQ", needs: reads},
	{pattern: "GET /orgs/{org}/ds/{ds}/stac", needs: reads},
	{pattern: "GET /orgs/{org}/ds/{ds}/stac/*", target: "/orgs/acme/ds/{ds}/stac/YS50eHQ=", needs: reads},
	{pattern: "GET /stac/search/mosaic/tilejson", needs: always(needsNoBan)},
	{pattern: "GET /stac/search/mosaic/{z}/{x}/{tile}", target: "/stac/search/mosaic/1/0/0.png", needs: always(needsNoBan)},
}
