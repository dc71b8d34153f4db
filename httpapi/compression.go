package httpapi

import (
	"net/http"
	"strings"

	"github.com/klauspost/compress/gzhttp"
)

// worthCompressing is the least length of an answer that is compressed, in bytes.
const worthCompressing = 1400

// compressedSuffix tells the ETag of a compressed answer from that of the plain one.
const compressedSuffix = "-gzip"

// compressed compresses the JSON of an operation for clients that ask for it.
// STAC is sent as it is, since its clients expect so; files, ranges, zips and
// tiles do not come through here.
func compressed(path string, next http.HandlerFunc) http.HandlerFunc {
	if strings.HasPrefix(path, "/stac") {
		return next
	}
	wrap, err := gzhttp.NewWrapper(gzhttp.MinSize(worthCompressing), gzhttp.SuffixETag(compressedSuffix), gzhttp.EnableZstd(false))
	if err != nil {
		panic(err) // the options are constant
	}
	return wrap(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if sent := r.Header.Get("If-None-Match"); sent != "" { // what the wrapper added is not known further in
			r.Header.Set("If-None-Match", strings.ReplaceAll(sent, compressedSuffix+`"`, `"`))
		}
		next(w, r)
	}))
}
