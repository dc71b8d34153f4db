package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the fuzzer must not call, because it would shut itself out: logins use
// up the failures that one address may have, and changes of accounts would
// take the administrator's own rights.
const fuzzerSpares = `^/users/(authenticate|changepwd)|^/users/\{userName\}|^/users$`

var fuzzed = regexp.MustCompile(`(\d+) generated, (\d+) passed`)

// Schemathesis makes requests of every kind that the API document describes,
// right and wrong ones. No answer is a failure of the server, and each has a
// status, a type and a body that the document promises.
func TestHostileRequests(t *testing.T) {
	t.Parallel()
	p, err := launch(t.TempDir())
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.stop()) })
	base, err := p.ready()
	require.NoError(t, err)
	admin := client{base: base}.as(t, "admin", adminPassword)
	admin.newOrganization(t, "acme") // the names that the document has as examples
	require.Equal(t, 201, admin.form(t, "POST", "/orgs/acme/ds", "slug", "site-a", "visibility", "public").status)
	admin.upload(t, "/orgs/acme/ds/site-a", "flight1/DJI_0023.JPG", picture(t, 64, 64))
	admin.upload(t, "/orgs/acme/ds/site-a", "ortho.tif", geotiff(t, 64))

	t.Run("administrator", func(t *testing.T) {
		fuzz(t, base, "25", "--header", "Authorization: Bearer "+admin.token, "--exclude-path-regex", fuzzerSpares)
	})
	t.Run("nobody", func(t *testing.T) {
		fuzz(t, base, "5", "--exclude-path-regex", "^/users/authenticate")
	})
	require.Equal(t, 200, admin.get(t, "/version").status)
}

func fuzz(t *testing.T, base, examples string, flags ...string) {
	t.Helper()
	cache, err := os.UserCacheDir()
	require.NoError(t, err)
	command := exec.Command(filepath.Join(cache, "cairn", "python", "bin", "schemathesis"), append([]string{"run", base + "/openapi.json",
		"--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
		"--phases", "examples,coverage,fuzzing", "--max-examples", examples, "--seed", "1", "--workers", "2",
		"--request-timeout", "30", "--continue-on-failure", "--no-color"}, flags...)...)
	command.Dir = t.TempDir()
	out, err := command.CombinedOutput()
	require.NoError(t, err, "%s", shortened(out))
	found := fuzzed.FindStringSubmatch(string(out))
	require.NotNil(t, found, "%s", shortened(out))
	t.Logf("%s requests, %s answered as the document says", found[1], found[2])
	assert.Equal(t, found[1], found[2])
}

// shortened cuts the lines of what the fuzzer writes: a request may be huge.
func shortened(out []byte) string {
	lines := strings.Split(string(out), "\n")
	for i, line := range lines {
		lines[i] = line[:min(len(line), 500)]
	}
	return strings.Join(lines, "\n")
}
