package workingcopy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/stamp"
	"github.com/stretchr/testify/require"
)

// newCopy is a working copy in a folder of its own.
func newCopy(t *testing.T) *Copy {
	t.Helper()
	c, err := Create(t.Context(), filepath.Join(t.TempDir(), "copy"), Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, c.Close()) })
	return c
}

// put writes a file that was changed some time ago.
func (c *Copy) put(t *testing.T, p, content string) {
	t.Helper()
	file := filepath.Join(c.dir, filepath.FromSlash(p))
	require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
	require.NoError(t, os.WriteFile(file, []byte(content), 0o644))
	c.age(t, p, time.Hour)
}

func (c *Copy) age(t *testing.T, p string, age time.Duration) {
	t.Helper()
	then := time.Now().Add(-age)
	require.NoError(t, os.Chtimes(filepath.Join(c.dir, filepath.FromSlash(p)), then, then))
}

func (c *Copy) refreshed(t *testing.T) Changes {
	t.Helper()
	changes, err := c.Refresh(t.Context())
	require.NoError(t, err)
	return changes
}

// listed is the stamp as text, with contents where they are short enough.
func (c *Copy) listed(t *testing.T) string {
	t.Helper()
	s, err := c.Stamp(t.Context())
	require.NoError(t, err)
	return text(s.Entries)
}

// onDisk is what is in the folder, as text.
func (c *Copy) onDisk(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	require.NoError(t, filepath.WalkDir(c.dir, func(file string, d os.DirEntry, err error) error {
		if err != nil || file == c.dir {
			return err
		}
		relative := strings.TrimPrefix(file, c.dir+"/")
		switch {
		case d.Name() == folder:
			return filepath.SkipDir
		case d.IsDir():
			found[relative] = "folder"
		case d.Type().IsRegular():
			content, err := os.ReadFile(file)
			found[relative] = string(content)
			return err
		default:
			found[relative] = d.Type().String()
		}
		return nil
	}))
	return found
}

func sum(content string) string {
	hash := sha256.Sum256([]byte(content))
	return hex.EncodeToString(hash[:])
}

// fake is a server that may be as hostile as no real one is.
type fake struct {
	mu     sync.Mutex
	stamp  any               // what it says
	files  map[string]string // what it sends
	push   any               // how it answers push/init
	dump   []client.Meta     // its metadata
	asked  []string
	client *client.Client
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{files: map[string]string{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	var err error
	f.client, err = client.New(server.URL, client.Options{Tries: 1})
	require.NoError(t, err)
	return f
}

func (f *fake) tag() client.Tag {
	return client.Tag{Server: f.client.Server(), Dataset: client.Dataset{Org: "acme", Slug: "site"}}
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.asked = append(f.asked, strings.TrimPrefix(r.URL.Path, "/orgs/acme/ds/site"))
	var answer any
	switch {
	case strings.HasSuffix(r.URL.Path, "/stamp"):
		answer = f.stamp
	case strings.HasSuffix(r.URL.Path, "/download"):
		content, there := f.files[r.URL.Query().Get("path")]
		if !there {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		http.ServeContent(w, r, "", time.Time{}, strings.NewReader(content))
		return
	case strings.HasSuffix(r.URL.Path, "/push/init"):
		answer = f.push
	case strings.HasSuffix(r.URL.Path, "/meta/dump"):
		answer = f.dump
	default:
		answer = []any{map[string]any{"path": "x"}}
	}
	_ = json.NewEncoder(w).Encode(answer)
}

// downloads is how many files it sent.
func (f *fake) downloads() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, path := range f.asked {
		if path == "/download" {
			n++
		}
	}
	return n
}

// hold makes it have the files, and folders for empty contents of names that
// end with a slash.
func (f *fake) hold(files map[string]string) {
	var entries []stamp.Entry
	for p, content := range files {
		if name, isFolder := strings.CutSuffix(p, "/"); isFolder {
			entries = append(entries, stamp.Entry{Path: name})
		} else {
			entries = append(entries, stamp.Entry{Path: p, Hash: sum(content)})
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stamp, f.files = stamp.New(slices.Clone(entries), nil), files
}
