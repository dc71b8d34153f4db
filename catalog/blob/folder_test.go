package blob_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/catalog/blob/blobtest"
)

func TestFolder(t *testing.T) {
	t.Parallel()
	blobtest.Run(t, func(t testing.TB) blob.Store { return openFolder(t, t.TempDir()) })
}

func openFolder(t testing.TB, dir string) *blob.Folder {
	t.Helper()
	folder, err := blob.NewFolder(dir)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, folder.Close()) })
	return folder
}
