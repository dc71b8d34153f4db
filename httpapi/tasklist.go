package httpapi

import (
	"context"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/catalog"
)

type taskSummary struct {
	TaskID              string     `json:"taskId" example:"812"`
	ToolID              string     `json:"toolId" example:"bulk-download"`
	Version             string     `json:"version" example:"1"`
	State               string     `json:"state" enum:"Created,Enqueued,Scheduled,Processing,Succeeded,Failed,Deleted"`
	ProgressPercent     *int       `json:"progressPercent" doc:"0 to 100, null while unknown"`
	PhaseMessage        *string    `json:"phaseMessage"`
	CreatedAt           time.Time  `json:"createdAt"`
	StartedAt           *time.Time `json:"startedAt"`
	FinishedAt          *time.Time `json:"finishedAt"`
	Path                *string    `json:"path" doc:"null for the whole dataset"`
	ParentJobID         *string    `json:"parentJobId" doc:"Task that asked for this one"`
	WorkflowExecutionID *string    `json:"workflowExecutionId"`
	ErrorType           *string    `json:"errorType" doc:"Why it failed"`
	ArtifactExpiresAt   *time.Time `json:"artifactExpiresAt"`
}

func newTaskSummary(t catalog.Task) taskSummary {
	return taskSummary{
		TaskID: taskID(t.ID), ToolID: t.Tool, Version: t.Version, State: t.State, ProgressPercent: t.Percent, PhaseMessage: t.Phase,
		CreatedAt: t.CreatedAt.UTC(), StartedAt: utc(t.StartedAt), FinishedAt: utc(t.FinishedAt()), Path: t.Path,
		ParentJobID: parentID(t), ErrorType: t.Error, ArtifactExpiresAt: expiry(t),
	}
}

func parentID(t catalog.Task) *string {
	if t.Parent == nil {
		return nil
	}
	id := taskID(*t.Parent)
	return &id
}

func expiry(t catalog.Task) *time.Time {
	if t.Artifact == nil {
		return nil
	}
	return utc(&t.Artifact.ExpiresAt)
}

// TaskFilterInput is embedded in the inputs of operations that list tasks.
type TaskFilterInput struct {
	ToolID string `query:"toolId" doc:"Only tasks of this tool" example:"build"`
	State  string `query:"state" doc:"Only tasks in this state" example:"Succeeded"`
	Skip   int    `query:"skip" default:"0" doc:"Negative counts as 0"`
	Take   int    `query:"take" default:"50" doc:"1 to 200"`
}

// filter returns the filter, and skip and take within their limits.
func (in TaskFilterInput) filter() (f catalog.TaskFilter, skip, take int, err error) {
	f = catalog.TaskFilter{Tool: in.ToolID}
	if in.State != "" {
		for _, state := range catalog.TaskStates {
			if strings.EqualFold(state, in.State) {
				f.State = state
			}
		}
		if f.State == "" {
			err = cairn.Errorf(cairn.Invalid, "%q is not one of the states %s.", in.State, strings.Join(catalog.TaskStates, ", "))
		}
	}
	return f, max(in.Skip, 0), min(max(in.Take, 1), 200), err
}

type tasksOutput struct{ Body []taskSummary }

func (s *server) listTasks(ctx context.Context, in *struct {
	DatasetInput
	TaskFilterInput
}) (*tasksOutput, error) {
	d, err := s.readDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	filter, skip, take, err := in.filter()
	if err != nil {
		return nil, err
	}
	filter.Dataset, filter.NewestBuild = d, true
	tasks, err := s.Catalog.Tasks(ctx, filter, skip, take)
	if err != nil {
		return nil, err
	}
	out := &tasksOutput{}
	for _, t := range tasks {
		out.Body = append(out.Body, newTaskSummary(t))
	}
	return out, nil
}
