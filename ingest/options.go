package ingest

import (
	"cmp"
	"context"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest/raster"
	"github.com/cairngeo/cairn/sandbox"
	"github.com/cairngeo/cairn/tiling"
	"github.com/google/uuid"
)

// Options are the limits of tasks and of what is kept. What is zero has the usual value.
type Options struct {
	MaxOutputBytes       int64         // of one task's artifact, as it is estimated; 20 GiB
	MaxActive            int           // tasks that people submitted, on the whole server; 32
	MaxPerOrganization   int           // of those, in the datasets of one organization; 10
	MaxPerUser           int           // of those, by one user; 20
	BulkDownloadsPerUser int           // archives in the making; 1
	ArtifactLifetime     time.Duration // 24 hours
	RetentionDays        int           // of tasks that ended; 60
	IndexBytes           int64         // of the index files that are kept for the next who asks; 1 GiB

	COGs raster.Options // how maps of rasters are built

	Tiles *tiling.Server // draws what is exported; without it there are no exports

	// Where C libraries read what people sent: this process if nil.
	Reads  *sandbox.Pool // of headers
	Builds *sandbox.Pool
}

func (o Options) withDefaults() Options {
	return Options{
		MaxOutputBytes:       cmp.Or(o.MaxOutputBytes, 20<<30),
		MaxActive:            cmp.Or(o.MaxActive, 32),
		MaxPerOrganization:   cmp.Or(o.MaxPerOrganization, 10),
		MaxPerUser:           cmp.Or(o.MaxPerUser, 20),
		BulkDownloadsPerUser: cmp.Or(o.BulkDownloadsPerUser, 1),
		ArtifactLifetime:     cmp.Or(o.ArtifactLifetime, 24*time.Hour),
		RetentionDays:        cmp.Or(o.RetentionDays, 60),
		IndexBytes:           cmp.Or(o.IndexBytes, 1<<30),
		COGs:                 o.COGs,
		Tiles:                o.Tiles,
		Reads:                o.Reads,
		Builds:               o.Builds,
	}
}

// checkSize refuses a task that would make too large a file.
func (o Options) checkSize(bytes *int64) error {
	if bytes == nil || *bytes <= o.MaxOutputBytes {
		return nil
	}
	return cairn.Errorf(cairn.TooLarge, "The result would have about %d bytes, more than the %d allowed. Ask for less at once.", *bytes, o.MaxOutputBytes)
}

// checkActive refuses a task when too many are active already. Submissions
// take turns, so that two can't both be the last one.
func (o Options) checkActive(ctx context.Context, tx catalog.Tx, dataset, user uuid.UUID, tool About) error {
	n, err := tx.ActiveTasks(ctx, dataset, user, tool.ID)
	if err != nil {
		return err
	}
	var reached string
	switch {
	case n.All >= o.MaxActive:
		reached = "The server works on as many tasks as it may."
	case n.Organization >= o.MaxPerOrganization:
		reached = "This organization has as many active tasks as it may."
	case n.User >= o.MaxPerUser:
		reached = "You have as many active tasks as you may."
	case tool.PerUser > 0 && n.UserTool >= tool.PerUser:
		reached = "You have as many active tasks of this kind as you may."
	default:
		return nil
	}
	busy := cairn.Errorf(cairn.TooManyRequests, "%s Wait until one has ended, or cancel one.", reached)
	busy.NoRetry, busy.RetryAfter = true, 30*time.Second
	return busy
}
