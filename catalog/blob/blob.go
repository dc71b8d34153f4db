// Package blob keeps bytes: what people uploaded, under the SHA-256 of its
// content, what was built from it, under a key made of the hashes of its
// inputs, and what tasks made, for a while. Objects are immutable, so a reader needs no lock and a cache never
// goes stale.
package blob

import (
	"context"
	"io"
	"io/fs"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/cairngeo/cairn"
)

// A Store keeps immutable objects under keys such as "blobs/aa/bb/<sha256>"
// and "products/aa/<key>/cog/cog.tif".
//
// All methods may be called by many goroutines at once, and several processes
// may use the same store. Keys are checked by every method: one that
// [CheckKey] refuses is an Invalid error. Package blobtest tests this contract;
// every implementation runs it.
type Store interface {
	// Scratch is a local folder for files being written. It belongs to this
	// process; what a dead process left in its own is removed at the next start.
	Scratch() string

	// Adopt publishes the file, which lies in Scratch and is no longer written
	// to, under the key: readers see all of it or nothing, and when Adopt
	// returns nil the object survives a crash of the machine. The file is gone
	// afterwards. A key that exists already keeps its first object; adopting it
	// again succeeds all the same and makes its ModTime new, so that who
	// removes what is old leaves alone what was just brought. On an error the file stays where it is.
	Adopt(ctx context.Context, key, file string) error

	// Replace is Adopt, but the file takes the place of an object that is
	// there: readers see the old one or the new one, whole.
	Replace(ctx context.Context, key, file string) error

	// Open returns the object, NotFound if there is none. An object that is
	// open stays readable when it is deleted meanwhile, unless the backend
	// says otherwise.
	Open(ctx context.Context, key string) (Object, error)

	// Stat describes the object, NotFound if there is none.
	Stat(ctx context.Context, key string) (Info, error)

	// Delete removes the object. It is no error if there is none.
	Delete(ctx context.Context, key string) error

	// Walk calls visit for every object whose key begins with the prefix (a
	// string, not a folder; empty for all), in no particular order, until visit
	// returns an error, which Walk then returns. Objects that come or go during
	// the walk may be visited or not.
	Walk(ctx context.Context, prefix string, visit func(Info) error) error

	// Location is the name under which GDAL opens the object: a path or a
	// /vsi name. It is empty for a key that CheckKey refuses, and does not say
	// whether the object exists.
	Location(key string) string
}

// An Object is open for reading at any position, by many goroutines at once.
type Object interface {
	io.ReaderAt
	io.Closer
	Size() int64 // bytes
}

// Info describes an object.
type Info struct {
	Key     string
	Size    int64     // bytes
	ModTime time.Time // when it was adopted last
}

// Key is the key of the uploaded file whose SHA-256 is hash, 64 hexadecimal
// digits in lower case. Two levels of 256 folders keep each folder small.
func Key(hash string) string {
	if len(hash) < 4 {
		return "blobs/" + hash // CheckKey or NotFound will answer
	}
	return "blobs/" + hash[:2] + "/" + hash[2:4] + "/" + hash
}

// roots are the first segments of keys: what people uploaded, what was built
// from it, the files that tasks made, and pictures of many rasters.
var roots = []string{"blobs", "products", "artifacts", "mosaics"}

const (
	maxKey     = 1024 // bytes, the limit of S3
	maxSegment = 255  // bytes, the limit of most file systems
)

// CheckKey returns an Invalid error unless key may name an object: a relative,
// clean, slash-separated path below one of the roots, of at most 1024 bytes, without
// backslashes, control characters and names that begin with a dot.
func CheckKey(key string) error {
	refuse := func(why string) error {
		return cairn.Errorf(cairn.Invalid, "The storage key %.200q is refused: %s.", key, why)
	}
	switch {
	case len(key) > maxKey:
		return refuse("it is too long")
	case !fs.ValidPath(key):
		return refuse("it is not a clean relative path")
	case strings.Contains(key, `\`) || strings.ContainsFunc(key, unicode.IsControl):
		return refuse("it has a backslash or a control character")
	}
	segments := strings.Split(key, "/")
	if len(segments) < 2 || !slices.Contains(roots, segments[0]) {
		return refuse("it lies below none of " + strings.Join(roots, ", "))
	}
	for _, segment := range segments {
		if segment[0] == '.' {
			return refuse("a name begins with a dot")
		}
		if len(segment) > maxSegment {
			return refuse("a name in it is too long")
		}
	}
	return nil
}

func notFound(key string) error {
	return cairn.Errorf(cairn.NotFound, "There is no stored object %q.", key)
}
