package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"time"

	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
)

type taskStatus struct {
	TaskID              string        `json:"taskId" example:"812"`
	ToolID              string        `json:"toolId" example:"bulk-download"`
	Version             string        `json:"version" example:"1"`
	State               string        `json:"state" enum:"Created,Enqueued,Scheduled,Processing,Succeeded,Failed,Deleted"`
	Progress            taskProgress  `json:"progress"`
	CreatedAt           time.Time     `json:"createdAt"`
	StartedAt           *time.Time    `json:"startedAt"`
	FinishedAt          *time.Time    `json:"finishedAt"`
	ParentJobID         *string       `json:"parentJobId" doc:"Task that asked for this one"`
	WorkflowExecutionID *string       `json:"workflowExecutionId"`
	LogCursor           int64         `json:"logCursor" doc:"Number of lines ever written to the log"`
	LogTail             []string      `json:"logTail" doc:"The last lines of the log"`
	Artifact            *taskArtifact `json:"artifact"`
	Error               *string       `json:"error" doc:"Always null, because clients take an answer with an error for a failed request; the list has errorType"`
}

type taskProgress struct {
	Percent *int    `json:"percent" doc:"0 to 100, null while unknown"`
	Phase   *string `json:"phase" example:"packing"`
	Message *string `json:"message"`
}

type taskArtifact struct {
	SizeBytes int64     `json:"sizeBytes"`
	SHA256    string    `json:"sha256"`
	ResultURL string    `json:"resultUrl" example:"/orgs/acme/ds/site-a/tasks/812/result"`
	ExpiresAt time.Time `json:"expiresAt"`
}

// TransformSchema says that null stands for no artifact.
func (taskArtifact) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Nullable = true
	return s
}

type taskStatusOutput struct{ Body taskStatus }

func (s *server) getTask(ctx context.Context, in *TaskInput) (*taskStatusOutput, error) {
	d, t, err := s.readTask(ctx, *in)
	if err != nil {
		return nil, err
	}
	lines, _, written, err := s.Catalog.TaskLog(ctx, t.ID, 0)
	if err != nil {
		return nil, err
	}
	status := taskStatus{
		TaskID: taskID(t.ID), ToolID: t.Tool, Version: t.Version, State: t.State, Progress: taskProgress{Percent: t.Percent, Phase: t.Phase},
		CreatedAt: t.CreatedAt.UTC(), StartedAt: utc(t.StartedAt), FinishedAt: utc(t.FinishedAt()), ParentJobID: parentID(t),
		LogCursor: written, LogTail: tail(lines),
	}
	if a := t.Artifact; a != nil && t.State == catalog.TaskSucceeded {
		status.Artifact = &taskArtifact{a.Size, a.SHA256, taskURL(d, t.ID) + "/result", a.ExpiresAt.UTC()}
	}
	return &taskStatusOutput{status}, nil
}

// What a status shows of the log at most.
const (
	tailLines = 200
	tailBytes = 32 << 10
)

// tail returns the last lines of a log.
func tail(lines []string) []string {
	first, bytes := len(lines), 0
	for first > 0 && len(lines)-first < tailLines && bytes+len(lines[first-1]) <= tailBytes {
		first--
		bytes += len(lines[first])
	}
	return lines[first:]
}

type taskLogOutput struct {
	Body struct {
		Cursor            int64    `json:"cursor" doc:"since of the next request"`
		Lines             []string `json:"lines"`
		TruncatedFromTail int64    `json:"truncatedFromTail" doc:"Lines after since that are no longer kept"`
	}
}

func (s *server) getTaskLog(ctx context.Context, in *struct {
	TaskInput
	Since int64 `query:"since" default:"0" doc:"Cursor of the last answer"`
}) (*taskLogOutput, error) {
	_, t, err := s.readTask(ctx, in.TaskInput)
	if err != nil {
		return nil, err
	}
	out := &taskLogOutput{}
	out.Body.Lines, out.Body.TruncatedFromTail, out.Body.Cursor, err = s.Catalog.TaskLog(ctx, t.ID, in.Since)
	return out, err
}

// inputSchema is the JSON Schema of a tool's parameters.
func inputSchema(params any) (map[string]any, error) {
	const definitions = "$defs"
	registry := huma.NewMapRegistry("#/"+definitions+"/", huma.DefaultSchemaNamer)
	schema := huma.SchemaFromType(registry, reflect.TypeOf(params))
	schema.AdditionalProperties = true // unknown ones are ignored
	schema.PrecomputeMessages()
	text, err := json.Marshal(schema)
	var object map[string]any
	if err == nil {
		err = json.Unmarshal(text, &object)
	}
	if err != nil {
		return nil, fmt.Errorf("schema of %T: %w", params, err)
	}
	if object["properties"] == nil { // of a tool without parameters; forms go through them
		object["properties"] = map[string]any{}
	}
	object["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	if parts := registry.Map(); len(parts) > 0 {
		object[definitions] = parts
	}
	return object, nil
}
