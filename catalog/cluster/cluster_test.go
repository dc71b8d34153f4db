package cluster

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const childFolder = "CAIRN_CLUSTER_TEST_FOLDER"

// TestMain lets the test program be a cairn of its own, which other tests kill.
func TestMain(m *testing.M) {
	if dir := os.Getenv(childFolder); dir != "" {
		os.Exit(beChild(dir))
	}
	os.Exit(m.Run())
}

// report is the one line that a child writes.
type report struct{ URL, Error string }

func beChild(dir string) int {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	c, err := Start(ctx, ephemeralConfig(dir))
	said := report{}
	if err != nil {
		said.Error = err.Error()
	} else {
		said.URL = c.URL()
	}
	if json.NewEncoder(os.Stdout).Encode(said) != nil || err != nil {
		return 1
	}
	<-ctx.Done()
	if c.Stop(context.Background()) != nil {
		return 1
	}
	return 0
}

func ephemeralConfig(dir string) Config {
	return Config{Dir: dir, Log: slog.New(slog.DiscardHandler), Ephemeral: true}
}

// child is another process with a cluster.
type child struct {
	*exec.Cmd
	report
}

func startChild(t *testing.T, dir string, who *syscall.Credential) *child {
	t.Helper()
	c := &child{Cmd: exec.Command("/proc/self/exe")} // also where another user can't reach the program's folder
	c.Env = append(os.Environ(), childFolder+"="+dir)
	c.Cmd.Dir = "/"
	c.SysProcAttr = &syscall.SysProcAttr{Credential: who}
	c.Stderr = os.Stderr
	stdout, err := c.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, c.Cmd.Start())
	t.Cleanup(func() { c.Process.Kill() })
	line, err := bufio.NewReader(stdout).ReadBytes('\n')
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(line, &c.report))
	return c
}

// dataFolder returns a folder that any user can reach; the testing package's
// own lie in one that only this user may enter.
func dataFolder(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "cairn-cluster-")
	require.NoError(t, err)
	require.NoError(t, os.Chmod(dir, 0o711))
	t.Cleanup(func() {
		if pg := filepath.Join(dir, "data/pg"); ownerOf(pg) >= 0 { // a killed cairn's PostgreSQL may still be ending
			assert.NoError(t, evict(context.Background(), pg, slog.New(slog.DiscardHandler)))
		}
		assert.NoError(t, os.RemoveAll(dir))
	})
	return filepath.Join(dir, "data")
}

func start(t *testing.T, config Config) *Cluster {
	t.Helper()
	c, err := Start(t.Context(), config)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, c.Stop(context.Background())) })
	return c
}

func write(t *testing.T, url string, note string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	require.NoError(t, err)
	defer conn.Close(t.Context())
	_, err = conn.Exec(t.Context(), `create table if not exists note (text text)`)
	require.NoError(t, err)
	_, err = conn.Exec(t.Context(), `insert into note values ($1)`, note)
	require.NoError(t, err)
}

func read(ctx context.Context, url string) (notes []string, err error) {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return nil, err
	}
	defer conn.Close(ctx)
	err = conn.QueryRow(ctx, `select array_agg(text order by text) from note`).Scan(&notes)
	return notes, err
}

func requireNotes(t *testing.T, url string, want ...string) {
	t.Helper()
	notes, err := read(t.Context(), url)
	require.NoError(t, err)
	require.Equal(t, want, notes)
}

func postmaster(t *testing.T, dir string) int {
	t.Helper()
	pid, _, err := readPIDFile(filepath.Join(dir, "pg"))
	require.NoError(t, err)
	require.Positive(t, pid)
	return pid
}

func TestStartMakesAClusterAndLaterOnesKeepItsData(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	config := ephemeralConfig(dir)
	config.Ephemeral = false // as people run it
	first := start(t, config)
	write(t, first.URL(), "kept")
	conn, err := pgx.Connect(t.Context(), first.URL())
	require.NoError(t, err)
	var fsync, checksums, listen, database string
	require.NoError(t, conn.QueryRow(t.Context(), `
		select current_setting('fsync'), current_setting('data_checksums'), current_setting('listen_addresses'), current_database()`).
		Scan(&fsync, &checksums, &listen, &database))
	assert.Equal(t, []string{"on", "on", "", "cairn"}, []string{fsync, checksums, listen, database})
	_, err = conn.Exec(t.Context(), `create extension postgis`)
	require.NoError(t, err)
	require.NoError(t, first.Stop(t.Context()), "also with an open connection")
	assert.NoError(t, first.Stop(t.Context()), "twice is fine")
	assert.NoFileExists(t, filepath.Join(dir, "pg/postmaster.pid"))
	assert.Empty(t, inhabitants(filepath.Join(dir, "pg")))

	requireNotes(t, start(t, config).URL(), "kept")
}

func TestAKilledPostmasterIsReplaced(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	c := start(t, ephemeralConfig(dir))
	write(t, c.URL(), "kept")
	busy, err := pgx.Connect(t.Context(), c.URL()) // a backend that outlives its postmaster for a moment
	require.NoError(t, err)
	defer busy.Close(context.Background())
	for range 2 {
		old := postmaster(t, dir)
		require.NoError(t, syscall.Kill(old, syscall.SIGKILL))
		require.Eventually(t, func() bool {
			pid, status, _ := readPIDFile(filepath.Join(dir, "pg"))
			return pid != old && status == "ready"
		}, 30*time.Second, 10*time.Millisecond)
		requireNotes(t, c.URL(), "kept")
	}
}

func TestAfterKill9OfCairnTheNextOneTakesOver(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	one := startChild(t, dir, nil)
	require.Empty(t, one.Error)
	write(t, one.URL, "kept")
	pid := postmaster(t, dir)
	require.NoError(t, one.Process.Kill())
	_ = one.Wait() // reports the kill
	requireNotes(t, start(t, ephemeralConfig(dir)).URL(), "kept")
	assert.NotEqual(t, pid, postmaster(t, dir))
}

func TestAnOrphanedPostmasterIsStopped(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	c := start(t, ephemeralConfig(dir))
	write(t, c.URL(), "kept")
	require.NoError(t, c.Stop(t.Context()))

	// One that nobody supervises and no death signal ends.
	folder := filepath.Join(dir, "pg")
	cmd := c.account.command(c.install.postgres(), append([]string{"-D", folder, "-k", c.socket.folder}, c.settings...)...)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() { _ = cmd.Wait() })
	require.Eventually(t, func() bool {
		pid, status, _ := readPIDFile(folder)
		return pid == cmd.Process.Pid && status == "ready"
	}, 30*time.Second, 10*time.Millisecond)

	requireNotes(t, start(t, ephemeralConfig(dir)).URL(), "kept")
	assert.NotEqual(t, cmd.Process.Pid, postmaster(t, dir))
	assert.False(t, livesIn(cmd.Process.Pid, folder))
}

func TestBackendsOfADeadPostmasterAreEnded(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	one := startChild(t, dir, nil)
	write(t, one.URL, "kept")
	pid := postmaster(t, dir)
	require.NoError(t, syscall.Kill(one.Process.Pid, syscall.SIGSTOP)) // it can't restart it
	require.NoError(t, syscall.Kill(pid, syscall.SIGKILL))
	require.NoError(t, one.Process.Kill())
	_ = one.Wait() // reports the kill
	require.FileExists(t, filepath.Join(dir, "pg/postmaster.pid"))
	requireNotes(t, start(t, ephemeralConfig(dir)).URL(), "kept")
}

func TestAPidFileOfAForeignProcessDoesNotHinder(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	c := start(t, ephemeralConfig(dir))
	write(t, c.URL(), "kept")
	require.NoError(t, c.Stop(t.Context()))

	// Of the same user, which PostgreSQL by itself takes for a running server.
	foreign := c.account.command("/bin/sleep", "60")
	require.NoError(t, foreign.Start())
	t.Cleanup(func() { _ = foreign.Process.Kill(); _ = foreign.Wait() })
	path := filepath.Join(dir, "pg/postmaster.pid")
	stale := fmt.Sprintf("%d\n%s\n1700000000\n5432\n%s\n\n  1234567    123456\nready   \n", foreign.Process.Pid, filepath.Dir(path), c.socket.folder)
	require.NoError(t, os.WriteFile(path, []byte(stale), 0o600))
	require.NoError(t, os.Chown(path, c.account.uid, c.account.gid))

	requireNotes(t, start(t, ephemeralConfig(dir)).URL(), "kept")
	assert.NoError(t, foreign.Process.Signal(syscall.Signal(0)), "and it is left alone")
}

func TestASecondCairnIsRefused(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	c := start(t, ephemeralConfig(dir))
	write(t, c.URL(), "kept")
	_, err := Start(t.Context(), ephemeralConfig(dir))
	assert.Equal(t, cairn.Conflict, cairn.CodeOf(err))
	assert.ErrorContains(t, err, fmt.Sprintf("Another cairn (process %d) uses the data folder %s.", os.Getpid(), dir))
	requireNotes(t, c.URL(), "kept")
	require.Contains(t, startChild(t, dir, nil).Error, "Another cairn", "from another process as well")
}

func TestADeepDataFolderHasItsSocketElsewhere(t *testing.T) {
	t.Parallel()
	for name, folder := range map[string]string{"deep": strings.Repeat("a folder/", 20), "list": `a,"b"`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := filepath.Join(dataFolder(t), folder)
			c := start(t, ephemeralConfig(dir))
			write(t, c.URL(), "kept")
			elsewhere := c.socket.folder
			info, err := os.Stat(elsewhere)
			require.NoError(t, err)
			assert.Equal(t, os.FileMode(0o700), info.Mode().Perm(), "nobody else may connect")
			require.NoError(t, c.Stop(t.Context()))
			assert.NoDirExists(t, elsewhere)

			killed := startChild(t, dir, nil)
			requireNotes(t, killed.URL, "kept")
			left, err := os.Readlink(filepath.Join(dir, "socket"))
			require.NoError(t, err)
			require.NoError(t, killed.Process.Kill())
			_ = killed.Wait() // reports the kill
			requireNotes(t, start(t, ephemeralConfig(dir)).URL(), "kept")
			assert.NoDirExists(t, left, "what the killed one left is removed")
		})
	}
}

func TestAFolderThatOnlyCairnMayEnter(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	require.NoError(t, os.Chmod(filepath.Dir(dir), 0o700))
	c := start(t, ephemeralConfig(dir))
	write(t, c.URL(), "kept")
	require.NoError(t, c.Stop(t.Context()))
	requireNotes(t, start(t, ephemeralConfig(dir)).URL(), "kept")
}

func TestAHalfMadeClusterIsMadeAnew(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "pg.new/base"), 0o700))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "pg.new/PG_VERSION"), []byte("15\n"), 0o600))
	require.NoError(t, os.Chmod(dir, 0o711))
	write(t, start(t, ephemeralConfig(dir)).URL(), "works")
	assert.NoDirExists(t, filepath.Join(dir, "pg.new"))
}

func TestAPlainUserRunsItAsHimself(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	var who *syscall.Credential // a plain user's own test run needs no change
	if os.Geteuid() == 0 {
		who = &syscall.Credential{Uid: 65534, Gid: 65534} // nobody
		require.NoError(t, os.Chmod(filepath.Dir(dir), 0o777))
	}
	c := startChild(t, dir, who)
	require.Empty(t, c.Error)
	write(t, c.URL, "kept")
	require.NoError(t, c.Process.Signal(syscall.SIGTERM))
	require.NoError(t, c.Wait(), "stopped cleanly")
	again := start(t, ephemeralConfig(dir)) // root goes on as the user who owns it
	requireNotes(t, again.URL(), "kept")
}

func TestWhatAPersonCanMendIsToldInOneSentence(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		prepare func(t *testing.T, dir string)
		want    string
	}{
		"made by a version that is not installed": {
			func(t *testing.T, dir string) { place(t, filepath.Join(dir, "pg/PG_VERSION"), "13\n") },
			"was made by PostgreSQL 13, which is not installed here.",
		},
		"version file without a version": {
			func(t *testing.T, dir string) { place(t, filepath.Join(dir, "pg/PG_VERSION"), "\x00") },
			"is damaged",
		},
		"something else in its place": {
			func(t *testing.T, dir string) { place(t, filepath.Join(dir, "pg/holiday.jpg"), "") },
			"exists but holds no catalog. Move it away",
		},
		"a file as data folder": {
			func(t *testing.T, dir string) { place(t, dir, "") },
			"can't be used by this user",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := dataFolder(t)
			test.prepare(t, dir)
			_, err := Start(t.Context(), ephemeralConfig(dir))
			require.ErrorContains(t, err, test.want)
			assert.NotEqual(t, cairn.Internal, cairn.CodeOf(err))
		})
	}
}

func place(t *testing.T, path, content string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(content), 0o644))
}

func TestADataFolderOfAnotherUserIsRefused(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		_, err := Start(t.Context(), ephemeralConfig("/proc/1/cairn"))
		require.ErrorContains(t, err, "can't be used by this user")
		return
	}
	dir := dataFolder(t)
	place(t, filepath.Join(dir, "pg/PG_VERSION"), "15\n")
	require.NoError(t, os.Chmod(dir, 0o777))
	nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
	require.Contains(t, startChild(t, dir, nobody).Error, "belongs to another user (uid 0)")
}

func TestAStartThatIsCalledOffLeavesNothingRunning(t *testing.T) {
	t.Parallel()
	dir := dataFolder(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Start(ctx, ephemeralConfig(dir))
	require.ErrorIs(t, err, context.Canceled)
	assert.Empty(t, inhabitants(filepath.Join(dir, "pg.new")))
	write(t, start(t, ephemeralConfig(dir)).URL(), "works")
}
