package catalog

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/cairngeo/cairn"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var product = Product{Kind: "cog", Version: "1", Inputs: []string{"aa"}}

func TestProductKeys(t *testing.T) {
	t.Parallel()
	assert.Equal(t, product.Key(), Product{"cog", "1", []string{"aa"}}.Key())
	for _, other := range []Product{{"vec", "1", []string{"aa"}}, {"cog", "2", []string{"aa"}}, {"cog", "1", []string{"bb"}}, {"cog", "1", []string{"aa", "bb"}}, {"cog", "1", []string{"bb", "aa"}}} {
		assert.NotEqual(t, product.Key(), other.Key())
	}
	assert.Regexp(t, `^products/[0-9a-f]{2}/[0-9a-f]{64}/cog/cog\.tif$`, product.File("cog/cog.tif"))
}

// request asks for the product as the upload of path does.
func (f *fixture) request(t *testing.T, path string, force bool) (needed bool) {
	t.Helper()
	assert.NoError(t, f.Update(t.Context(), func(tx Tx) error {
		e := file(path, 1)
		if err := tx.Put(t.Context(), f.dataset.ID, e); err != nil {
			return err
		}
		var err error
		needed, err = tx.RequestBuild(t.Context(), f.dataset.ID, e, product, force)
		return err
	}))
	return needed
}

func (f *fixture) finish(t *testing.T, cause error) {
	assert.NoError(t, f.Update(t.Context(), func(tx Tx) error { return tx.FinishBuild(t.Context(), product.Key(), cause) }))
}

func (f *fixture) states(t *testing.T) map[string]string {
	t.Helper()
	builds, err := f.Builds(t.Context(), f.dataset, 1, 100)
	require.NoError(t, err)
	states := map[string]string{}
	for _, b := range builds {
		if _, seen := states[b.Path]; !seen { // newest first
			states[b.Path] = b.State
		}
	}
	return states
}

func TestABuildFromRequestToEnd(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	state := func() ProductState {
		s, err := f.ProductState(t.Context(), product.Key())
		require.NoError(t, err)
		return s
	}
	assert.Empty(t, state().State)
	assert.True(t, f.request(t, "a", false))
	assert.Equal(t, ProductState{State: ProductPending}, state())
	active, err := f.BuildActive(t.Context(), f.dataset, "a")
	require.NoError(t, err)
	assert.True(t, active)

	require.NoError(t, f.StartBuild(t.Context(), product.Key()))
	require.NoError(t, f.ProgressBuild(t.Context(), product.Key(), 40))
	builds, err := f.Builds(t.Context(), f.dataset, 1, 10)
	require.NoError(t, err)
	require.Len(t, builds, 1)
	assert.Equal(t, "Processing", builds[0].State)
	assert.Equal(t, 40, *builds[0].Percent)
	cleared, err := f.ClearBuilds(t.Context(), f.dataset)
	require.NoError(t, err)
	assert.Zero(t, cleared, "what is under way stays")

	f.finish(t, cairn.Errorf(cairn.Invalid, "The file is broken."))
	assert.Equal(t, ProductState{ProductFailed, "The file is broken."}, state())
	assert.Equal(t, map[string]string{"a": "Failed"}, f.states(t))

	assert.True(t, f.request(t, "a", false), "a failed build is tried again")
	assert.Equal(t, ProductState{State: ProductPending}, state())
	f.finish(t, errors.New("secret path /var/lib"))
	assert.NotContains(t, state().Error, "secret", "the cause is for the log")

	assert.True(t, f.request(t, "a", false))
	f.finish(t, nil)
	assert.Equal(t, ProductState{State: ProductReady}, state())
	assert.False(t, f.request(t, "b", false), "decision 52: succeeded at once")
	assert.Equal(t, map[string]string{"a": "Succeeded", "b": "Succeeded"}, f.states(t))
	assert.True(t, f.request(t, "b", true))

	page, err := f.Builds(t.Context(), f.dataset, 2, 2)
	require.NoError(t, err)
	assert.Len(t, page, 2)
	assert.Greater(t, page[0].ID, page[1].ID)
	cleared, err = f.ClearBuilds(t.Context(), f.dataset)
	require.NoError(t, err)
	assert.EqualValues(t, 4, cleared)
}

// Uploads of the same bytes that race with the end of their build: none is
// left waiting for a job that is over.
func TestNoBuildIsForgotten(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for round := range 15 {
		f.request(t, "first", false)
		cause := error(nil)
		if round%2 == 1 {
			f.request(t, "first", true) // a forced build of what is there
			cause = cairn.Errorf(cairn.Invalid, "no")
		}
		var racing sync.WaitGroup
		needed := make([]bool, 4)
		for i := range needed {
			racing.Go(func() { needed[i] = f.request(t, fmt.Sprint(i), false) })
		}
		racing.Go(func() { f.finish(t, cause) })
		racing.Wait()
		if again, err := f.ProductState(t.Context(), product.Key()); assert.NoError(t, err) && again.State == ProductPending {
			f.finish(t, nil) // somebody came after the end and got a job of their own
		}
		for path, state := range f.states(t) {
			assert.Contains(t, []string{"Succeeded", "Failed"}, state, path)
		}
		if cause == nil {
			f.exec(t, `delete from builds`)
			f.exec(t, `delete from products`)
		}
	}
}
