package dbtest_test

import (
	"bufio"
	"context"
	"errors"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/cairngeo/cairn/catalog/dbtest"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

var migrated atomic.Int64

func numbers(ctx context.Context, url string) error {
	migrated.Add(1)
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `create table number (n int); insert into number values (7)`)
	return err
}

func letters(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, `create table letter (l text)`)
	return err
}

func TestEveryTestHasItsOwnCopyOfTheTemplate(t *testing.T) {
	t.Parallel()
	t.Run("copies", func(t *testing.T) {
		for range 8 {
			t.Run("one", func(t *testing.T) {
				t.Parallel()
				conn := connect(t, dbtest.New(t, numbers))
				_, err := conn.Exec(t.Context(), `insert into number select sum(n) from number`)
				require.NoError(t, err)
				var sum int
				require.NoError(t, conn.QueryRow(t.Context(), `select sum(n) from number`).Scan(&sum))
				assert.Equal(t, 14, sum, "nobody else writes here")
			})
		}
	})
	assert.EqualValues(t, 1, migrated.Load(), "the template is made once")
}

func TestTemplatesOfDifferentMigrationsAreApart(t *testing.T) {
	t.Parallel()
	conn := connect(t, dbtest.New(t, letters))
	_, err := conn.Exec(t.Context(), `insert into letter values ('a')`)
	require.NoError(t, err)
}

func TestTheDatabaseIsDroppedAfterTheTestEvenWithAnOpenConnection(t *testing.T) {
	t.Parallel()
	var dropped string
	t.Run("inner", func(t *testing.T) {
		dropped = dbtest.New(t, nil)
		conn, err := pgx.Connect(t.Context(), dropped)
		require.NoError(t, err)
		require.NoError(t, conn.Ping(t.Context()))
	})
	_, err := pgx.Connect(t.Context(), dropped)
	assert.ErrorContains(t, err, "does not exist")
}

// TestChild is run by other tests in a process of its own: it says where its
// database is and then does as it is told.
func TestChild(t *testing.T) {
	if os.Getenv("DBTEST_CHILD") == "" {
		return
	}
	println(dbtest.New(t, nil)) // to stderr: stdout belongs to the test log
	if os.Getenv("DBTEST_CHILD") == "wait" {
		time.Sleep(time.Minute)
	}
}

func TestNothingIsLeftWhenTheProcessEnds(t *testing.T) {
	t.Parallel()
	for _, how := range []string{"end", "wait"} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command("/proc/self/exe", "-test.run=^TestChild$")
			cmd.Env = append(os.Environ(), "DBTEST_CHILD="+how)
			stderr, err := cmd.StderrPipe()
			require.NoError(t, err)
			require.NoError(t, cmd.Start())
			line, err := bufio.NewReader(stderr).ReadString('\n')
			require.NoError(t, err)
			location, err := url.Parse(strings.TrimSpace(line))
			require.NoError(t, err)
			dir := filepath.Dir(location.Query().Get("host"))
			require.Contains(t, filepath.Base(dir), "cairn-test-")
			var postmaster int
			if how == "wait" {
				text, err := os.ReadFile(filepath.Join(dir, "pg/postmaster.pid"))
				require.NoError(t, err)
				first, _, _ := strings.Cut(string(text), "\n")
				postmaster, err = strconv.Atoi(first)
				require.NoError(t, err)
				require.NoError(t, cmd.Process.Kill())
			}
			_ = cmd.Wait() // a killed one reports that
			require.Eventually(t, func() bool {
				_, err := os.Stat(dir)
				return errors.Is(err, os.ErrNotExist)
			}, 20*time.Second, 20*time.Millisecond, "the folder is removed")
			if postmaster != 0 {
				require.Eventually(t, func() bool { return gone(postmaster) }, 20*time.Second, 20*time.Millisecond, "PostgreSQL has ended")
			}
		})
	}
}

// gone tells whether pid has ended, be it that nobody has collected its status.
func gone(pid int) bool {
	if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return true
	}
	arguments, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "cmdline"))
	return err != nil || len(arguments) == 0
}

func connect(t *testing.T, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close(context.Background()) })
	return conn
}
