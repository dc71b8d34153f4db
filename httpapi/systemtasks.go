package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

func (s *server) registerSystemTasks() {
	tags := []string{"System"}
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/sys/tasks", Summary: "List the tasks of all users and datasets, newest first", Tags: tags}, s.listAllTasks)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/sys/tasks/{id}/delete", Summary: "Take a task that ended out of the history", Tags: tags}, s.deleteAnyTask)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/sys/cleanup-jobindices", Summary: "Take tasks that ended long ago out of the history", Tags: tags}, s.forgetTasks)
}

type systemTask struct {
	TaskID            string     `json:"taskId" example:"812"`
	OrgSlug           string     `json:"orgSlug" example:"acme"`
	DSSlug            string     `json:"dsSlug" example:"site-a"`
	ToolID            string     `json:"toolId" example:"bulk-download"`
	Version           string     `json:"version" example:"1"`
	State             string     `json:"state" enum:"Created,Enqueued,Scheduled,Processing,Succeeded,Failed,Deleted"`
	ProgressPercent   *int       `json:"progressPercent" doc:"0 to 100, null while unknown"`
	PhaseMessage      *string    `json:"phaseMessage"`
	CreatedAt         time.Time  `json:"createdAt"`
	StartedAt         *time.Time `json:"startedAt"`
	FinishedAt        *time.Time `json:"finishedAt"`
	Path              *string    `json:"path" doc:"null for the whole dataset"`
	UserID            *string    `json:"userId" doc:"Who submitted it, null for the server"`
	Owner             *string    `json:"owner" doc:"Name of that user"`
	ErrorType         *string    `json:"errorType" doc:"Why it failed"`
	ArtifactExpiresAt *time.Time `json:"artifactExpiresAt"`
}

func newSystemTask(t catalog.Task) systemTask {
	item := systemTask{
		TaskID: taskID(t.ID), OrgSlug: t.Organization, DSSlug: t.Slug, ToolID: t.Tool, Version: t.Version, State: t.State,
		ProgressPercent: t.Percent, PhaseMessage: t.Phase, CreatedAt: t.CreatedAt.UTC(), StartedAt: utc(t.StartedAt), FinishedAt: utc(t.FinishedAt()),
		Path: t.Path, Owner: t.SubmitterName, ErrorType: t.Error, ArtifactExpiresAt: expiry(t),
	}
	if t.Submitter.Valid {
		id := t.Submitter.UUID.String()
		item.UserID = &id
	}
	return item
}

type systemTasksOutput struct {
	Body struct {
		Items []systemTask `json:"items"`
		Total int64        `json:"total" doc:"How many there are in all"`
		Skip  int          `json:"skip"`
		Take  int          `json:"take"`
	}
}

func (s *server) listAllTasks(ctx context.Context, in *struct {
	TaskFilterInput
	UserID string `query:"userId" doc:"Only tasks that this user submitted" example:"0b7e6c1c-3f0a-4f6f-9a52-8a4d8f0b6b1e"`
}) (*systemTasksOutput, error) {
	if err := auth.Decide(callerFrom(ctx), auth.Administer, auth.Facts{}); err != nil {
		return nil, err
	}
	filter, skip, take, err := in.filter()
	if err != nil {
		return nil, err
	}
	if in.UserID != "" {
		id, err := uuid.Parse(in.UserID)
		if err != nil {
			return nil, cairn.Errorf(cairn.Invalid, "userId is not the id of a user.")
		}
		filter.User = &id
	}
	tasks, err := s.Catalog.Tasks(ctx, filter, skip, take)
	if err != nil {
		return nil, err
	}
	out := &systemTasksOutput{}
	for _, t := range tasks {
		out.Body.Items = append(out.Body.Items, newSystemTask(t))
	}
	out.Body.Skip, out.Body.Take = skip, take
	out.Body.Total, err = s.Catalog.CountTasks(ctx, filter)
	return out, err
}

func (s *server) deleteAnyTask(ctx context.Context, in *struct {
	ID string `path:"id" doc:"Id of the task" example:"812"`
}) (*taskDeletedOutput, error) {
	if err := auth.Decide(callerFrom(ctx), auth.Administer, auth.Facts{}); err != nil {
		return nil, err
	}
	t, err := s.Catalog.AnyTask(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	return newTaskDeleted(s.Ingest.RemoveTask(ctx, t))
}

type forgottenOutput struct {
	Body struct {
		DeletedCount  int64 `json:"deletedCount"`
		RetentionDays int   `json:"retentionDays"`
	}
}

func (s *server) forgetTasks(ctx context.Context, in *struct {
	RetentionDays int `query:"retentionDays" doc:"Tasks that ended longer ago go; what the server is configured to keep if absent or not positive" example:"60"`
}) (*forgottenOutput, error) {
	if err := auth.Decide(callerFrom(ctx), auth.Administer, auth.Facts{}); err != nil {
		return nil, err
	}
	out := &forgottenOutput{}
	var err error
	out.Body.DeletedCount, out.Body.RetentionDays, err = s.Ingest.ForgetTasks(ctx, in.RetentionDays)
	return out, err
}
