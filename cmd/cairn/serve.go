package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"os"
	"time"

	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/catalog/cluster"
	"github.com/cairngeo/cairn/federation"
	"github.com/cairngeo/cairn/httpapi"
	"github.com/cairngeo/cairn/ingest"
	"github.com/cairngeo/cairn/sandbox"
	"github.com/cairngeo/cairn/tiling"
	"github.com/cairngeo/cairn/web"
)

type serveCommand struct {
	Listen         string         `default:"127.0.0.1:5000" help:"Address and port to listen on."`
	Data           string         `default:"./data" type:"path" help:"Folder for everything that is kept: files, products and, without --database-url, the database."`
	DatabaseURL    string         `name:"database-url" help:"PostGIS database to use instead of a private one: postgres://user@host/name"`
	AdminPassword  string         `help:"Password of the user admin, at the first start only. Without it one is made and printed once."`
	ExternalURL    string         `name:"external-url" help:"Address under which people reach the server, for generated links: https://maps.example.com. Without it the request tells."`
	TrustedProxies []netip.Prefix `placeholder:"NETWORK" help:"Networks whose X-Forwarded-* headers count. Loopback if not given."`
	AllowedOrigins []string       `placeholder:"ORIGIN" help:"Origins that scripts of other sites may call from. Any if not given."`
	CacheMB        int64          `name:"cache-mb" default:"256" help:"Memory for tiles and thumbnails, in MiB: a quarter for stored tiles that are often asked for, the rest for what is rendered."`
	BlockCacheMB   int64          `name:"block-cache-mb" default:"128" help:"Memory for decoded parts of rasters, from which tiles are drawn, in MiB."`
	WebDir         string         `name:"web-dir" type:"existingdir" help:"Folder with a built web client to serve in place of Cairn's own page."`
	LogLevel       slog.Level     `default:"info" help:"debug, info, warn or error."`
	Downloads      downloadFlags  `embed:""`
	Indexes        indexFlags     `embed:""`
	Storage        storageFlags   `embed:""`
	Tasks          taskFlags      `embed:""`
	Accounts       accountFlags   `embed:""`
	SignIn         signIn         `embed:""`
	Demo           bool           `help:"Make a small demo dataset, public/demo, if there is none yet."`

	Monitoring monitoringFlags `embed:""`
	Sandboxes  sandboxFlags    `embed:""`
	Builds     buildFlags      `embed:""`
	Rendering  renderFlags     `embed:""`
	Hub        hubFlags        `embed:""`
}

func (s *serveCommand) Run(ctx context.Context) error {
	slog.SetDefault(slog.New(s.logHandler(os.Stderr)))
	node, err := s.start(ctx)
	if err != nil {
		return err
	}
	<-ctx.Done()
	slog.Info("stopping")
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	return node.stop(stop)
}

// stopWithin leaves a margin in the 10 seconds that a stop may take.
const stopWithin = 9 * time.Second

func (s *serveCommand) logHandler(to *os.File) slog.Handler {
	options := &slog.HandlerOptions{Level: s.LogLevel}
	if info, err := to.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
		return slog.NewTextHandler(to, options)
	}
	return slog.NewJSONHandler(to, options)
}

// node is a running server. What is started is stopped in reverse.
type node struct {
	address string
	stops   []func(context.Context) error
}

func (n *node) onStop(stop func(context.Context) error) { n.stops = append(n.stops, stop) }

func (n *node) stop(ctx context.Context) error {
	var errs []error
	for i := len(n.stops) - 1; i >= 0; i-- {
		errs = append(errs, n.stops[i](ctx))
	}
	n.stops = nil
	return errors.Join(errs...)
}

// start brings the parts up, each on the ones before, and listens last: a
// server that answers is ready.
func (s *serveCommand) start(ctx context.Context) (n *node, err error) {
	n = &node{}
	defer func() {
		if err != nil {
			stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
			defer cancel()
			err = errors.Join(err, n.stop(stop))
		}
	}()
	if err := boundGDAL(); err != nil {
		return n, err
	}
	if err := os.MkdirAll(s.Data, 0o755); err != nil {
		return n, fmt.Errorf("data folder: %w", err)
	}
	url := s.DatabaseURL
	if url == "" {
		private, err := cluster.Start(ctx, cluster.Config{Dir: s.Data})
		if err != nil {
			return n, err
		}
		n.onStop(private.Stop)
		url = private.URL()
	}
	if err := catalog.Migrate(ctx, url); err != nil {
		return n, err
	}
	pool, err := catalog.Connect(ctx, url)
	if err != nil {
		return n, err
	}
	n.onStop(func(context.Context) error { pool.Close(); return nil })
	users, err := auth.Open(ctx, pool, s.Accounts.options())
	if err != nil {
		return n, err
	}
	background, end := context.WithCancel(context.WithoutCancel(ctx))
	n.onStop(func(context.Context) error { end(); return nil })
	entries := catalog.Open(background, pool)
	users.RememberIn(entries)
	if s.Storage.LimitStorage {
		entries.LimitStorage()
	}
	if s.Accounts.NewUsersGetOrganizations {
		users.WelcomeWith(catalog.Welcome)
	}
	if err := s.SignIn.apply(users); err != nil {
		return n, err
	}
	if err := s.firstStart(ctx, entries, users); err != nil {
		return n, err
	}
	store, err := blob.NewFolder(s.Data)
	if err != nil {
		return n, err
	}
	n.onStop(func(context.Context) error { return store.Close() })
	reads, builds := s.Sandboxes.pools(n)
	drawing := tiling.Options{Sandbox: reads, CacheBytes: s.CacheMB << 20, BlockBytes: s.BlockCacheMB << 20}
	s.Rendering.apply(&drawing)
	metrics, rendered := newMetrics()
	drawing.Rendered = rendered
	tiles := tiling.New(store, drawing)
	n.onStop(func(context.Context) error { tiles.Close(); return nil })
	options := s.Tasks.options()
	if options.COGs, err = s.Builds.options(); err != nil {
		return n, err
	}
	options.Tiles, options.Reads, options.Builds = tiles, reads, builds
	s.Indexes.apply(&options)
	intake, jobs, err := ingest.New(entries, store, pool, options)
	if err != nil {
		return n, err
	}
	queue, err := ingest.Start(ctx, jobs, pool)
	if err != nil {
		return n, err
	}
	n.onStop(queue.Stop)
	metrics.MustRegister(figures{tiles: tiles, intake: intake, catalog: entries, pool: pool, sandboxes: map[string]*sandbox.Pool{"reads": reads, "builds": builds}})
	page, policy := web.Files(), web.Policy
	if s.WebDir != "" {
		page, policy = os.DirFS(s.WebDir), ""
	}
	hubOptions, err := s.Hub.options()
	if err != nil {
		return n, err
	}
	handler := httpapi.New(httpapi.Config{Users: users, Catalog: entries, Store: store, Ingest: intake, Federation: federation.New(entries, intake), Tiles: tiles, Page: page, WebPolicy: policy, Reference: web.Reference,
		ExternalURL: s.ExternalURL, TrustedProxies: s.TrustedProxies, AllowedOrigins: s.AllowedOrigins,
		Checks: checksOf(entries, store, queue), MonitorToken: s.Monitoring.MonitorToken, Metrics: metrics, HubOptions: hubOptions,
		NoMemberManagement: !s.Accounts.MemberManagement, MaxDownloadsPerUser: s.Downloads.MaxDownloadsPerUser, DisableAnonymousBulkDownloads: s.Downloads.DisableAnonymousBulkDownloads})
	if err := s.listen(n, handler); err != nil {
		return n, err
	}
	if s.Demo {
		n.onStop(inBackground(background, "demo dataset", func(ctx context.Context) error { return offerDemo(ctx, entries, store, intake) }))
	}
	return n, nil
}

// inBackground runs work that nobody waits for; the function that it returns
// ends it.
func inBackground(ctx context.Context, name string, work func(context.Context) error) (stop func(context.Context) error) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := work(ctx); err != nil && ctx.Err() == nil {
			slog.Error(name, "error", err)
		}
	}()
	return func(context.Context) error {
		cancel()
		<-done
		return nil
	}
}

// boundGDAL limits GDAL's cache of blocks, which otherwise takes a share of the
// machine's memory; an operator's own setting stays.
func boundGDAL() error {
	if os.Getenv("GDAL_CACHEMAX") != "" {
		return nil
	}
	return os.Setenv("GDAL_CACHEMAX", "128") // MiB
}

// firstStart fills an empty catalog and tells the password that was made.
func (s *serveCommand) firstStart(ctx context.Context, entries *catalog.Catalog, users *auth.Users) error {
	password, err := entries.Initialize(ctx, users, s.AdminPassword)
	if err == nil && password != "" && s.AdminPassword == "" {
		_, err = fmt.Fprintf(os.Stderr, "\nThe user admin has the password %s\nIt is shown only now; keep it.\n\n", password)
	}
	return err
}

func (s *serveCommand) listen(n *node, h http.Handler) error {
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 30 * time.Second, IdleTimeout: 2 * time.Minute,
		ErrorLog: slog.NewLogLogger(slog.Default().Handler(), slog.LevelDebug)}
	n.address = "http://" + listener.Addr().String()
	n.onStop(func(ctx context.Context) error {
		ctx, cancel := context.WithTimeout(ctx, 3*time.Second) // requests may finish, slow ones are cut
		defer cancel()
		if err := server.Shutdown(ctx); err != nil {
			return server.Close()
		}
		return nil
	})
	go func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, http.ErrServerClosed) {
			slog.Error("listening ended", "error", err)
		}
	}()
	slog.Info("listening", "address", n.address)
	return nil
}
