package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerMaintenance() {
	tags := []string{"System"}
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/sys/build-pending-status", Tags: tags,
		Summary: "What the last search for entries that lack their builds found"}, s.buildPendingStatus)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/sys/check-artifact-completeness", Tags: tags, DefaultStatus: http.StatusAccepted,
		Summary: "Check that everything built is there, and build again what is not"}, s.checkArtifacts)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/sys/cleanup", Tags: tags, DefaultStatus: http.StatusOK,
		Summary:     "Remove files whose bytes are lost, and builds that nothing needs",
		Description: "One dataset is cleaned up at once, several by jobs: then the answer is 202 with their ids."}, s.cleanUp)
	cleanup := s.documented(http.MethodPost, "/sys/cleanup").Responses
	cleanup["202"] = &huma.Response{Description: "Jobs do it", Content: cleanup["200"].Content}
}

type buildPendingStatus struct {
	LastRun            *time.Time `json:"lastRun" doc:"null before the first run"`
	TotalDatasets      int64      `json:"totalDatasets" example:"12"`
	DatasetsChecked    int64      `json:"datasetsChecked" doc:"Those that have anything to build" example:"3"`
	DatasetsSkipped    int64      `json:"datasetsSkipped" doc:"The others" example:"9"`
	PendingBuildsFound int        `json:"pendingBuildsFound" doc:"Entries that nobody had asked builds for" example:"1"`
	JobsEnqueued       int        `json:"jobsEnqueued" example:"1"`
	Errors             int        `json:"errors" example:"0"`
	DurationMs         int64      `json:"durationMs" example:"85"`
	IsEnabled          bool       `json:"isEnabled"`
	CacheHitRate       float64    `json:"cacheHitRate" doc:"Datasets skipped, in percent" example:"75"`
	NextScheduledRun   *time.Time `json:"nextScheduledRun" doc:"null before the first run"`
}

type buildPendingOutput struct{ Body buildPendingStatus }

func (s *server) buildPendingStatus(ctx context.Context, _ *struct{}) (*buildPendingOutput, error) {
	if err := auth.Decide(callerFrom(ctx), auth.Administer, auth.Facts{}); err != nil {
		return nil, err
	}
	last, err := s.Catalog.LastBuildSearch(ctx)
	if err != nil {
		return nil, err
	}
	out := &buildPendingOutput{buildPendingStatus{IsEnabled: true}}
	if last == nil {
		return out, nil
	}
	b := &out.Body
	next := last.Began.Add(ingest.BuildSearchEvery)
	b.LastRun, b.NextScheduledRun = utc(&last.Began), utc(&next)
	b.TotalDatasets, b.DatasetsChecked, b.DatasetsSkipped = last.Datasets, last.Checked, last.Datasets-last.Checked
	b.PendingBuildsFound, b.JobsEnqueued, b.Errors, b.DurationMs = last.Found, last.Enqueued, last.Errors, last.Duration.Milliseconds()
	if b.TotalDatasets > 0 {
		b.CacheHitRate = 100 * float64(b.DatasetsSkipped) / float64(b.TotalDatasets)
	}
	return out, nil
}

type jobOutput struct {
	Body struct {
		JobID string `json:"jobId" example:"92"`
	}
}

func (s *server) checkArtifacts(ctx context.Context, _ *struct{}) (*jobOutput, error) {
	if err := auth.Decide(callerFrom(ctx), auth.Administer, auth.Facts{}); err != nil {
		return nil, err
	}
	out := &jobOutput{}
	var err error
	out.Body.JobID, err = s.Ingest.CheckArtifacts(ctx)
	return out, err
}

type cleaned struct {
	RemovedEntries []string `json:"removedEntries" doc:"Paths of files whose bytes were lost" example:"[\"gone.jpg\"]"`
	RemovedBuilds  []string `json:"removedBuilds" doc:"Hashes of files that nothing is left of but their builds"`
}

type cleanupResult struct {
	Datasets map[string]cleaned `json:"datasets" doc:"By organization/dataset"`
	Errors   map[string]string  `json:"errors" doc:"By organization/dataset"`
	JobID    *string            `json:"jobId" doc:"The last of the jobs" example:"91"`
	JobIDs   []string           `json:"jobIds" example:"[\"90\", \"91\"]"`
	Async    bool               `json:"async" doc:"Whether jobs do it"`
}

type cleanupOutput struct {
	Status int
	Body   cleanupResult
}

func (s *server) cleanUp(ctx context.Context, in *struct {
	Body *struct {
		OrganizationSlug string `json:"organizationSlug,omitempty" doc:"All if absent" example:"acme"`
		DatasetSlug      string `json:"datasetSlug,omitempty" doc:"All of the organization if absent" example:"site-a"`
	} `required:"false"`
}) (*cleanupOutput, error) {
	if err := auth.Decide(callerFrom(ctx), auth.Administer, auth.Facts{}); err != nil {
		return nil, err
	}
	var organization, dataset string
	if in.Body != nil {
		organization, dataset = in.Body.OrganizationSlug, in.Body.DatasetSlug
	}
	names, err := s.Catalog.DatasetNames(ctx, organization, dataset)
	if err != nil {
		return nil, err
	}
	out := &cleanupOutput{http.StatusOK, cleanupResult{Datasets: map[string]cleaned{}, Errors: map[string]string{}}}
	if dataset != "" {
		return out, s.cleanUpNow(ctx, names[0], &out.Body)
	}
	if out.Body.JobIDs, err = s.Ingest.CleanUpLater(ctx, names); err != nil {
		return nil, err
	}
	if n := len(out.Body.JobIDs); n > 0 {
		out.Status, out.Body.Async, out.Body.JobID = http.StatusAccepted, true, &out.Body.JobIDs[n-1]
	}
	return out, nil
}

func (s *server) cleanUpNow(ctx context.Context, d catalog.DatasetName, into *cleanupResult) error {
	removed, err := s.Ingest.CleanUp(ctx, d)
	if err != nil {
		return err
	}
	into.Datasets[d.Organization+"/"+d.Slug] = cleaned{removed.Entries, removed.Builds}
	return nil
}
