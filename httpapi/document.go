package httpapi

import (
	"encoding/json"
	"net/http"
	"sync"
)

// serveDocument serves the API's own description: OpenAPI 3.1, and the same
// as 3.0 for the many tools that know no other.
func (a *api) serveDocument() {
	serve := func(path, contentType string, encode func() ([]byte, error)) {
		encode = sync.OnceValues(encode) // complete by the time somebody asks
		a.router.Method(http.MethodGet, path, handler(func(w http.ResponseWriter, r *http.Request) error {
			document, err := encode()
			if err != nil {
				return err
			}
			w.Header().Set("Content-Type", contentType)
			_, err = w.Write(document)
			return ignoreGone(r, err)
		}))
	}
	serve("/openapi.json", "application/vnd.oai.openapi+json;version=3.1", func() ([]byte, error) { return json.Marshal(a.OpenAPI()) })
	serve("/swagger/v1/swagger.json", "application/vnd.oai.openapi+json;version=3.0", func() ([]byte, error) { return a.OpenAPI().Downgrade() })
}
