// Package httpapi answers HTTP: the REST API, STAC, tiles and the web page. A
// handler authenticates, authorizes, calls one function of one package and
// writes the answer.
package httpapi

import (
	"io/fs"
	"net/http"
	"net/netip"

	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/catalog/blob"
	"github.com/cairngeo/cairn/federation"
	"github.com/cairngeo/cairn/ingest"
	"github.com/cairngeo/cairn/tiling"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/singleflight"
)

// Config is what the API stands on and what the operator says of it.
type Config struct {
	Users      *auth.Users
	Catalog    *catalog.Catalog
	Store      blob.Store
	Ingest     *ingest.Ingest
	Federation *federation.Federation
	Tiles      *tiling.Server
	Page       fs.FS // the web page: index.html and its files

	Reference []byte // the script of the API's interactive page, gzipped
	WebPolicy string // Content-Security-Policy of the page; "" for none

	ExternalURL    string         // scheme://host[:port] of generated links; "" to take it from the request
	TrustedProxies []netip.Prefix // whose X-Forwarded-* count; nil for loopback
	AllowedOrigins []string       // of cross-origin requests; nil for any

	Checks                        map[string]Check     // of the parts of the server, for /health
	Metrics                       *prometheus.Registry // what /metrics tells; nil to tell nothing but the requests
	MonitorToken                  string               // opens /health, /quickhealth and /metrics beside an admin's; "" for none
	HubOptions                    *HubOptions          // of the web client; nil if not configured
	NoMemberManagement            bool                 // people can't be added to organizations
	MaxDownloadsPerUser           int                  // at a time; 0 for any number
	DisableAnonymousBulkDownloads bool                 // archives are only for users
}

// server has a method for every operation.
type server struct {
	Config
	*api
	examinations singleflight.Group // one of each part at a time, so that one that hangs is not asked again and again
	downloads    *downloadLimiter
}

// New returns the handler of everything that Cairn serves.
func New(c Config) http.Handler {
	router := newRouter(routerOptions{externalURL: c.ExternalURL, trustedProxies: c.TrustedProxies, allowedOrigins: c.AllowedOrigins})
	if c.Metrics == nil {
		c.Metrics = prometheus.NewRegistry()
	}
	router.Use(newRequestMetrics(c.Metrics).middleware, identify(c.Users))
	s := &server{Config: c, api: newAPI(router)}
	s.UseMiddleware(s.gate)
	s.registerSystem()
	s.registerFeatures()
	s.registerHealth()
	s.registerMetrics()
	s.registerMaintenance()
	s.registerUsers()
	s.registerStorage()
	s.registerAccounts()
	s.registerPasswords()
	s.registerRoles()
	s.registerUserMetadata()
	s.registerUserMemberships()
	s.registerOrganizations()
	s.registerMembers()
	s.registerReorganize()
	s.registerHousekeeping()
	s.registerDatasets()
	s.registerMetadata()
	s.registerStamp()
	s.registerObjects()
	s.registerDownloads()
	s.registerIndex()
	s.registerPush()
	s.registerShare()
	s.registerTiles()
	s.registerStyledTiles()
	s.registerRasterValues()
	s.registerRasterProfile()
	s.registerContours()
	s.registerExport()
	s.registerRasterInfo()
	s.registerTileJSON()
	s.registerMosaic()
	s.registerSearchMosaic()
	s.registerBuilds()
	s.registerTasks()
	s.registerSystemTasks()
	s.registerSTAC()
	s.serveReference()
	s.servePage(router)
	return router
}
