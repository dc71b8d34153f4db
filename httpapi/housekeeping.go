package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerHousekeeping() {
	tags := []string{"System"}
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/sys/cleanupdatasets", Summary: "Delete datasets without entries", Tags: tags}, s.cleanUpDatasets)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/sys/cleanupbatches", Summary: "Forget shares that have ended", Tags: tags}, s.cleanUpBatches)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/sys/migratevisibility", Summary: "Give datasets without a visibility the one of the legacy setting", Tags: tags}, s.migrateVisibility)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/sys/report", Summary: "What all organizations hold", Tags: tags}, s.report)
}

type removedDatasetsOutput struct {
	Body struct {
		RemovedDatasets     []string       `json:"removedDatasets" doc:"Slugs"`
		RemoveDatasetErrors []datasetError `json:"removeDatasetErrors"`
	}
}

type datasetError struct {
	Dataset      string `json:"dataset"`
	Organization string `json:"organization"`
	Message      string `json:"message"`
}

func (s *server) cleanUpDatasets(ctx context.Context, _ *struct{}) (*removedDatasetsOutput, error) {
	removed, err := s.Catalog.RemoveEmptyDatasets(ctx, callerFrom(ctx))
	if err != nil {
		return nil, err
	}
	out := &removedDatasetsOutput{}
	for _, d := range removed {
		out.Body.RemovedDatasets = append(out.Body.RemovedDatasets, d.Slug)
	}
	return out, nil
}

type removedBatch struct {
	Token        string     `json:"token"`
	UserName     string     `json:"userName"`
	Status       int        `json:"status" doc:"0 running, 1 committed, 2 rolled back"`
	Start        time.Time  `json:"start"`
	End          *time.Time `json:"end"`
	Organization string     `json:"organization"`
	Dataset      string     `json:"dataset"`
}

type batchError struct {
	Token string `json:"token"`
	datasetError
}

type removedBatchesOutput struct {
	Body struct {
		RemovedBatches    []removedBatch `json:"removedBatches"`
		RemoveBatchErrors []batchError   `json:"removeBatchErrors"`
	}
}

func (s *server) cleanUpBatches(ctx context.Context, _ *struct{}) (*removedBatchesOutput, error) {
	removed, err := s.Catalog.RemoveBatches(ctx, callerFrom(ctx))
	if err != nil {
		return nil, err
	}
	out := &removedBatchesOutput{}
	for _, b := range removed {
		out.Body.RemovedBatches = append(out.Body.RemovedBatches, removedBatch{b.Token, b.UserName, int(b.Status), b.StartedAt.UTC(), utc(b.EndedAt), b.Organization, b.Slug})
	}
	return out, nil
}

type migratedVisibility struct {
	OrganizationSlug string          `json:"organizationSlug"`
	DatasetSlug      string          `json:"datasetSlug"`
	IsPublic         bool            `json:"isPublic" doc:"What the legacy setting said"`
	Visibility       auth.Visibility `json:"visibility" doc:"0 private, 1 unlisted, 2 public"`
}

type migratedVisibilityOutput struct{ Body []migratedVisibility }

func (s *server) migrateVisibility(ctx context.Context, _ *struct{}) (*migratedVisibilityOutput, error) {
	migrated, err := s.Catalog.MigrateVisibility(ctx, callerFrom(ctx))
	if err != nil {
		return nil, err
	}
	out := &migratedVisibilityOutput{}
	for _, m := range migrated {
		out.Body = append(out.Body, migratedVisibility{m.Organization, m.Slug, m.Public, m.Visibility})
	}
	return out, nil
}

type reportedDataset struct {
	Name         string                  `json:"name"`
	Slug         string                  `json:"slug"`
	CreationDate time.Time               `json:"creationDate"`
	Description  *string                 `json:"description" doc:"The tagline"`
	IsPublic     bool                    `json:"isPublic"`
	Owner        *string                 `json:"owner" doc:"User name"`
	Size         int64                   `json:"size" doc:"Bytes"`
	Contents     []catalog.ReportedFiles `json:"contents"`
	Error        *string                 `json:"error"`
}

type reportedOrganization struct {
	Name     string            `json:"name"`
	Slug     string            `json:"slug"`
	Datasets []reportedDataset `json:"datasets"`
}

type reportOutput struct {
	Body struct {
		UserName      string                 `json:"userName" doc:"Who asked"`
		Organizations []reportedOrganization `json:"organizations"`
	}
}

func (s *server) report(ctx context.Context, _ *struct{}) (*reportOutput, error) {
	caller := callerFrom(ctx)
	reports, err := s.Catalog.Reports(ctx, caller)
	if err != nil {
		return nil, err
	}
	out := &reportOutput{}
	out.Body.UserName = caller.User.Name
	for _, r := range reports { // in the order of their organizations
		known := len(out.Body.Organizations)
		if known == 0 || out.Body.Organizations[known-1].Slug != r.Organization {
			out.Body.Organizations = append(out.Body.Organizations, reportedOrganization{Name: r.OrganizationName, Slug: r.Organization, Datasets: []reportedDataset{}})
			known++
		}
		if r.Slug == "" {
			continue
		}
		o := &out.Body.Organizations[known-1]
		o.Datasets = append(o.Datasets, reportedDataset{r.Name, r.Slug, r.CreatedAt.UTC(), r.Tagline, r.Visibility == auth.Public, r.Owner, r.Size, r.Contents, nil})
	}
	return out, nil
}
