package blob

import (
	"os"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestFolderHealth(t *testing.T) {
	t.Parallel()
	f, err := NewFolder(t.TempDir())
	require.NoError(t, err)
	defer f.Close()
	health, err := f.Health(t.Context())
	require.NoError(t, err)
	assert.NotZero(t, health.Figures["freeBytes"])
	left, err := os.ReadDir(f.Scratch())
	require.NoError(t, err)
	assert.Empty(t, left)

	require.NoError(t, os.RemoveAll(f.Scratch()))
	_, err = f.Health(t.Context())
	assert.Equal(t, cairn.Unavailable, cairn.CodeOf(err))
	assert.NotContains(t, err.(*cairn.Error).Message, f.Scratch())
}
