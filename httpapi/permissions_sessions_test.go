package httpapi

// A push to an absent dataset makes it.
var pushes = onDataset{needsWrite, needsWrite, needsWrite}

const emptyStamp = `{"checksum":"","stamp":{"checksum":"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855","entries":[],"meta":[]}}`

var pushRoutes = []route{
	{pattern: "POST /orgs/{org}/ds/{ds}/push/init", body: emptyStamp, needs: pushes},
	{pattern: "POST /orgs/{org}/ds/{ds}/push/upload", body: "file", needs: pushes, status: []int{400}},
	{pattern: "POST /orgs/{org}/ds/{ds}/push/meta", body: `{"token":"none","meta":"[]"}`, needs: pushes, status: []int{400}},
	{pattern: "POST /orgs/{org}/ds/{ds}/push/commit", body: `{"token":"none"}`, needs: pushes, status: []int{400}},
}

var shareRoutes = []route{
	{pattern: "POST /share/init", body: `{"tag":"acme/private"}`, needs: always(needsWrite)},
	{pattern: "GET /share/{token}", target: "/share/none", needs: always(needsUser), status: []int{404}},
	{pattern: "GET /share/info/{token}", target: "/share/info/none", needs: always(needsUser), status: []int{404}},
	{pattern: "POST /share/{token}/upload", target: "/share/none/upload", body: "file", needs: always(needsUser), status: []int{404}},
	{pattern: "POST /share/upload/{token}", target: "/share/upload/none", body: "file", needs: always(needsUser), status: []int{404}},
	{pattern: "POST /share/{token}/upload/chunked", target: "/share/none/upload/chunked", body: "file", needs: always(needsUser), status: []int{404}},
	{pattern: "POST /share/upload-chunk/{token}", target: "/share/upload-chunk/none", body: "file", needs: always(needsUser), status: []int{404}},
	{pattern: "POST /share/{token}/commit", target: "/share/none/commit", needs: always(needsUser), status: []int{404}},
	{pattern: "POST /share/commit/{token}", target: "/share/commit/none", needs: always(needsUser), status: []int{404}},
	{pattern: "POST /share/{token}/rollback", target: "/share/none/rollback", needs: always(needsUser), status: []int{404}},
	{pattern: "POST /share/rollback/{token}", target: "/share/rollback/none", needs: always(needsUser), status: []int{404}},
	{pattern: "GET /orgs/{org}/ds/{ds}/batches", needs: reads},
}
