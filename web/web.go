// Package web holds Cairn's page: the built files of the browser application whose sources lie beside it.
package web

import (
	"embed"
	"io/fs"
)

//go:embed all:dist
var dist embed.FS

// Files returns the built page: index.html, which must always be revalidated, and below assets/ files whose
// names carry a hash of their content, which may be cached for ever.
func Files() fs.FS {
	files, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path, the only thing that Sub checks
	}
	return files
}

// Reference is the script of the API's interactive page, gzipped: the standalone build of @scalar/api-reference
// (MIT licence), as `make web` fetches it.
//
//go:embed reference/scalar.js.gz
var Reference []byte

// Policy is the Content-Security-Policy that the page needs: itself, and nothing from elsewhere.
const Policy = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'"
