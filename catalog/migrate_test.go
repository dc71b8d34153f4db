package catalog

import (
	"database/sql"
	"io/fs"
	"testing"

	"github.com/cairngeo/cairn/catalog/dbtest"
	_ "github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Build jobs of the time before there were tasks become tasks, and those under
// way go on.
func TestBuildsBecomeTasks(t *testing.T) {
	t.Parallel()
	url := dbtest.New(t, nil)
	db, err := sql.Open("pgx", url)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, db.Close()) })
	files, err := fs.Sub(migrations, "migrations")
	require.NoError(t, err)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, files)
	require.NoError(t, err)
	_, err = provider.UpTo(t.Context(), 1)
	require.NoError(t, err)
	for _, statement := range []string{
		`create table river_job (id bigint primary key, kind text, args jsonb, state text, unique_key bytea)`,
		`insert into river_job values (5, 'build', '{"product":"p","kind":"cog","hash":"h"}', 'running', '\x00'), (6, 'collect', '{}', 'available', null)`,
		`insert into organizations (slug, name) values ('o', 'o')`,
		`insert into datasets (organization_id, slug) select id, 'd' from organizations`,
		`insert into builds (dataset_id, path, hash, product, state, error) select id, 'a', 'h', 'p', 'Processing', null from datasets union all select id, 'b', 'i', 'q', 'Failed', 'why' from datasets`,
	} {
		_, err := db.ExecContext(t.Context(), statement)
		require.NoError(t, err, statement)
	}
	_, err = provider.Up(t.Context())
	require.NoError(t, err)

	var tasks, args, next string
	require.NoError(t, db.QueryRowContext(t.Context(), `select string_agg(concat_ws(' ', id, tool, path, hash, product, state, error, job), ', ' order by id) from tasks`).Scan(&tasks))
	assert.Equal(t, "1 build a h p Processing 5, 2 build b i q Failed why", tasks)
	require.NoError(t, db.QueryRowContext(t.Context(), `select kind || ' ' || args::text from river_job where id = 5`).Scan(&args))
	assert.Equal(t, `task {"key": "p", "tool": "build", "product": "p"}`, args)
	require.NoError(t, db.QueryRowContext(t.Context(), `insert into tasks (dataset_id, tool, version, request, state) select id, 'x', '1', '', 'Created' from datasets returning id`).Scan(&next))
	assert.Equal(t, "3", next)
}
