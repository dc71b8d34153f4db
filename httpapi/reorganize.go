package httpapi

import (
	"context"
	"net/http"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
)

// conflictResolution is what happens to a dataset whose slug is taken at its new place.
type conflictResolution = enum[conflictResolutions, catalog.Conflict]

type conflictResolutions struct{}

func (conflictResolutions) names() []string { return []string{"HaltOnConflict", "Overwrite", "Rename"} }

// datasetResult is what became of a dataset.
type datasetResult struct {
	OriginalSlug string  `json:"originalSlug" example:"site-a"`
	NewSlug      string  `json:"newSlug" example:"site-a_1"`
	Success      bool    `json:"success"`
	Error        *string `json:"error" doc:"Why it stayed where it was"`
}

func newDatasetResults(moved []catalog.DatasetMove) []datasetResult {
	list := make([]datasetResult, len(moved))
	for i, r := range moved {
		list[i] = datasetResult{OriginalSlug: r.Slug, NewSlug: r.NewSlug, Success: r.Err == nil}
		if r.Err != nil {
			message := catalog.Message(r.Err)
			list[i].NewSlug, list[i].Error = r.Slug, &message
		}
	}
	return list
}

func (s *server) registerReorganize() {
	tags := []string{"System"}
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/sys/move-datasets", Summary: "Move datasets to another organization", Tags: tags}, s.moveDatasets)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/sys/merge-organizations", Summary: "Move all of an organization into another", Tags: tags}, s.mergeOrganizations)
}

type datasetResultsOutput struct{ Body []datasetResult }

func (s *server) moveDatasets(ctx context.Context, in *struct {
	Body struct {
		SourceOrgSlug      string              `json:"sourceOrgSlug" example:"acme"`
		DatasetSlugs       []string            `json:"datasetSlugs" maxItems:"10000" example:"[\"site-a\"]"`
		DestinationOrgSlug string              `json:"destinationOrgSlug" example:"hills"`
		ConflictResolution *conflictResolution `json:"conflictResolution,omitempty" doc:"HaltOnConflict if absent"`
	}
}) (*datasetResultsOutput, error) {
	caller := callerFrom(ctx)
	if err := auth.Decide(caller, auth.Administer, auth.Facts{}); err != nil {
		return nil, err
	}
	if len(in.Body.DatasetSlugs) == 0 {
		return nil, cairn.Errorf(cairn.Invalid, "Name the datasets to move in datasetSlugs.")
	}
	moved, err := s.Catalog.MoveDatasets(ctx, caller, in.Body.SourceOrgSlug, in.Body.DestinationOrgSlug, in.Body.DatasetSlugs, conflictIn(in.Body.ConflictResolution))
	if err != nil {
		return nil, err
	}
	return &datasetResultsOutput{newDatasetResults(moved)}, nil
}

func conflictIn(given *conflictResolution) catalog.Conflict {
	if given == nil {
		return catalog.Halt
	}
	return given.Value
}

type mergeOutput struct {
	Body struct {
		SourceOrgSlug             string          `json:"sourceOrgSlug"`
		DestinationOrgSlug        string          `json:"destinationOrgSlug"`
		DatasetResults            []datasetResult `json:"datasetResults"`
		SourceOrganizationDeleted bool            `json:"sourceOrganizationDeleted"`
		DatasetsMovedCount        int             `json:"datasetsMovedCount"`
		DatasetsFailedCount       int             `json:"datasetsFailedCount"`
	}
}

func (s *server) mergeOrganizations(ctx context.Context, in *struct {
	Body struct {
		SourceOrgSlug            string              `json:"sourceOrgSlug" example:"acme"`
		DestinationOrgSlug       string              `json:"destinationOrgSlug" example:"hills"`
		ConflictResolution       *conflictResolution `json:"conflictResolution,omitempty" doc:"HaltOnConflict if absent"`
		DeleteSourceOrganization *bool               `json:"deleteSourceOrganization,omitempty" doc:"true if absent"`
	}
}) (*mergeOutput, error) {
	deleteSource := in.Body.DeleteSourceOrganization == nil || *in.Body.DeleteSourceOrganization
	merged, err := s.Catalog.MergeOrganizations(ctx, callerFrom(ctx), in.Body.SourceOrgSlug, in.Body.DestinationOrgSlug, conflictIn(in.Body.ConflictResolution), deleteSource)
	if err != nil {
		return nil, err
	}
	out := &mergeOutput{}
	b := &out.Body
	b.SourceOrgSlug, b.DestinationOrgSlug, b.SourceOrganizationDeleted = in.Body.SourceOrgSlug, in.Body.DestinationOrgSlug, merged.Deleted
	b.DatasetResults = newDatasetResults(merged.Datasets)
	for _, r := range b.DatasetResults {
		if r.Success {
			b.DatasetsMovedCount++
		} else {
			b.DatasetsFailedCount++
		}
	}
	return out, nil
}
