package httpapi

import (
	"encoding/json"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Items 9 and 10 of the checklist.
func TestEnum09And10(t *testing.T) {
	t.Parallel()
	for sent, want := range map[string]auth.Visibility{
		`0`: auth.Private, `"0"`: auth.Private, `"private"`: auth.Private, `"PRIVATE"`: auth.Private,
		`1`: auth.Unlisted, `"1"`: auth.Unlisted, `"Unlisted"`: auth.Unlisted,
		`2`: auth.Public, `" 2 "`: auth.Public, `"pUbLiC"`: auth.Public,
	} {
		var v visibility
		require.NoError(t, json.Unmarshal([]byte(sent), &v), sent)
		assert.Equal(t, visibility{Value: want, Given: true}, v, sent)
		written, err := json.Marshal(v)
		require.NoError(t, err)
		assert.Equal(t, []string{"0", "1", "2"}[want], string(written))
	}
	for _, sent := range []string{`3`, `-1`, `"7"`, `""`, `"secret"`, `1.5`, `true`, `[]`, `{}`} {
		var v visibility
		err := json.Unmarshal([]byte(sent), &v)
		require.Error(t, err, sent)
		assert.Equal(t, cairn.Invalid, cairn.CodeOf(err), sent)
		assert.False(t, v.Given)
	}
}
