package httpapi

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest"
	"github.com/danielgtaylor/huma/v2"
)

const tasksPath = "/orgs/{org}/ds/{ds}/tasks"

func (s *server) registerTasks() {
	tags := []string{"Tasks"}
	register(s.api, huma.Operation{Method: http.MethodGet, Path: tasksPath + "/tools", Summary: "List the tools", Tags: tags}, s.listTools)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: tasksPath, Summary: "Submit a task", Tags: tags, DefaultStatus: http.StatusAccepted,
		Description: "Answers 202 with a new task, or 200 with one that answers the same request from the same content."}, s.submitTask)
	submitted := s.documented(http.MethodPost, tasksPath).Responses
	submitted["200"] = &huma.Response{Description: "A task that was there already", Content: submitted["202"].Content, Headers: submitted["202"].Headers}
	register(s.api, huma.Operation{Method: http.MethodGet, Path: tasksPath, Summary: "List tasks, newest first; of the builds of one path only the newest", Tags: tags}, s.listTasks)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: tasksPath + "/clear", Summary: "Remove tasks that ended, with their artifacts", Tags: tags}, s.clearTasks)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: tasksPath + "/{id}", Summary: "Get a task", Tags: tags}, s.getTask)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: tasksPath + "/{id}/log", Summary: "Read the log of a task from a cursor on", Tags: tags}, s.getTaskLog)
	register(s.api, huma.Operation{Method: http.MethodDelete, Path: tasksPath + "/{id}", Summary: "Cancel a task, or mark one that ended as deleted", Tags: tags}, s.cancelTask)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: tasksPath + "/{id}/retry", Summary: "Try a failed task again", Tags: tags}, s.retryTask)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: tasksPath + "/{id}/delete", Summary: "Take a task that ended out of the history", Tags: tags}, s.deleteTask)
	s.stream(huma.Operation{Method: http.MethodGet, Path: tasksPath + "/{id}/result", Summary: "Download what a task made; ranges work", Tags: tags,
		Responses: map[string]*huma.Response{"200": {Description: "The file", Content: anyBytes}, "206": {Description: "A range of it", Content: anyBytes}}}, "", s.limited(s.mayReadResult, s.taskResult))
}

type tool struct {
	ID               string         `json:"id" example:"bulk-download"`
	Version          string         `json:"version" example:"1"`
	Title            string         `json:"title" example:"Download archive (ZIP)"`
	RequiredAccess   string         `json:"requiredAccess" enum:"Read,Write"`
	ProducesArtifact bool           `json:"producesArtifact"`
	InputSchema      map[string]any `json:"inputSchema" doc:"JSON Schema 2020-12 of the parameters"`
}

// requiredAccess is how the API says what a tool needs.
func requiredAccess(a ingest.About) string {
	if a.Access == auth.ReadDataset {
		return "Read"
	}
	return "Write"
}

type toolsOutput struct{ Body []tool }

func (s *server) listTools(ctx context.Context, in *DatasetInput) (*toolsOutput, error) {
	if _, err := s.readDataset(ctx, *in); err != nil {
		return nil, err
	}
	out := &toolsOutput{}
	for _, a := range s.Ingest.Tools() {
		schema, err := inputSchema(a.Params)
		if err != nil {
			return nil, err
		}
		out.Body = append(out.Body, tool{a.ID, a.Version, a.Title, requiredAccess(a), a.Extension != "", schema})
	}
	return out, nil
}

type submittedTask struct {
	TaskID               string `json:"taskId" example:"812"`
	ToolID               string `json:"toolId" example:"bulk-download"`
	Version              string `json:"version" example:"1"`
	Deduplicated         bool   `json:"deduplicated" doc:"It was there already"`
	StatusURL            string `json:"statusUrl" example:"/orgs/acme/ds/site-a/tasks/812"`
	ResultURL            string `json:"resultUrl" example:"/orgs/acme/ds/site-a/tasks/812/result"`
	EstimatedOutputBytes *int64 `json:"estimatedOutputBytes" doc:"null for tools that make no file"`
}

type submittedOutput struct {
	Status   int
	Location string `header:"Location"`
	Body     submittedTask
}

func (s *server) submitTask(ctx context.Context, in *struct {
	DatasetInput
	Body struct {
		ToolID  string          `json:"toolId,omitempty" doc:"Required" example:"bulk-download"`
		Version string          `json:"version,omitempty" doc:"Of the tool; the newest if absent" example:"1"`
		Path    string          `json:"path,omitempty" doc:"Entry that the task is about" example:"ortho.tif"`
		Params  json.RawMessage `json:"params,omitempty" doc:"An object, as the tool's inputSchema says; what it does not know is ignored"`
		Force   bool            `json:"force,omitempty" doc:"Make a new task, though there is one that answers the same request"`
	}
}) (*submittedOutput, error) {
	d, err := s.readDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	b := in.Body
	t, err := s.Ingest.Submit(ctx, callerFrom(ctx), b.ToolID, b.Version, ingest.Request{Dataset: d, Path: b.Path, Params: b.Params, Force: b.Force})
	if err != nil {
		return nil, err
	}
	url := taskURL(d, t.ID)
	out := &submittedOutput{Status: http.StatusAccepted, Location: baseURL(requestFrom(ctx)) + url,
		Body: submittedTask{taskID(t.ID), t.Tool.ID, t.Tool.Version, t.Deduplicated, url, url + "/result", t.EstimatedBytes}}
	if t.Deduplicated {
		out.Status = http.StatusOK
	}
	return out, nil
}

func taskID(id int64) string { return strconv.FormatInt(id, 10) }

func taskURL(d *catalog.Dataset, id int64) string {
	return "/orgs/" + d.Organization + "/ds/" + d.Slug + "/tasks/" + taskID(id)
}

type clearedTasksOutput struct {
	Body struct {
		Cleared int64 `json:"cleared"`
	}
}

func (s *server) clearTasks(ctx context.Context, in *struct {
	DatasetInput
	ToolID string `query:"toolId" doc:"Only tasks of this tool" example:"build"`
}) (*clearedTasksOutput, error) {
	d, err := s.writeDataset(ctx, in.DatasetInput)
	if err != nil {
		return nil, err
	}
	out := &clearedTasksOutput{}
	out.Body.Cleared, err = s.Ingest.ClearTasks(ctx, d, in.ToolID)
	return out, err
}

// TaskInput is embedded in the inputs of operations on one task.
type TaskInput struct {
	DatasetInput
	ID string `path:"id" doc:"Id of the task" example:"812"`
}

// readTask returns a task that the caller may use in a dataset that the caller may read.
func (s *server) readTask(ctx context.Context, in TaskInput) (*catalog.Dataset, catalog.Task, error) {
	return s.task(ctx, in, auth.ReadDataset)
}

// writeTask is readTask for a dataset that the caller may change.
func (s *server) writeTask(ctx context.Context, in TaskInput) (*catalog.Dataset, catalog.Task, error) {
	return s.task(ctx, in, auth.WriteDataset)
}

func (s *server) task(ctx context.Context, in TaskInput, action auth.Action) (*catalog.Dataset, catalog.Task, error) {
	d, err := s.Catalog.Dataset(ctx, callerFrom(ctx), in.Org, in.DS, action)
	if err != nil {
		return nil, catalog.Task{}, err
	}
	t, err := s.Catalog.Task(ctx, callerFrom(ctx), d, in.ID)
	return d, t, err
}

type taskDeletedOutput struct {
	Body struct {
		Deleted bool `json:"deleted"`
	}
}

func newTaskDeleted(err error) (*taskDeletedOutput, error) {
	out := &taskDeletedOutput{}
	out.Body.Deleted = err == nil
	return out, err
}

func (s *server) cancelTask(ctx context.Context, in *TaskInput) (*taskDeletedOutput, error) {
	_, t, err := s.writeTask(ctx, *in)
	if err != nil {
		return nil, err
	}
	return newTaskDeleted(s.Ingest.Cancel(ctx, t))
}

func (s *server) deleteTask(ctx context.Context, in *TaskInput) (*taskDeletedOutput, error) {
	_, t, err := s.writeTask(ctx, *in)
	if err != nil {
		return nil, err
	}
	return newTaskDeleted(s.Ingest.RemoveTask(ctx, t))
}

type requeuedOutput struct {
	Body struct {
		Requeued bool `json:"requeued"`
	}
}

func (s *server) retryTask(ctx context.Context, in *TaskInput) (*requeuedOutput, error) {
	d, t, err := s.writeTask(ctx, *in)
	if err != nil {
		return nil, err
	}
	out := &requeuedOutput{}
	out.Body.Requeued = true
	return out, s.Ingest.Retry(ctx, t, d)
}

// mayReadResult answers who may not have the result of the task.
func (s *server) mayReadResult(r *http.Request) error {
	_, _, err := s.readTask(r.Context(), TaskInput{datasetOf(r), param(r, "id")})
	return err
}

// taskResult sends the artifact of a task.
func (s *server) taskResult(w http.ResponseWriter, r *http.Request) error {
	ctx := r.Context()
	_, t, err := s.readTask(ctx, TaskInput{datasetOf(r), param(r, "id")})
	if err != nil {
		return err
	}
	if r.Header.Get("X-Download-Check") != "" {
		return nil // the caller may download now
	}
	absent := cairn.Errorf(cairn.NotFound, "The task has no result: it has not succeeded, makes no file, or the file has expired.")
	if !t.Available() {
		return absent
	}
	file, err := s.Store.Open(ctx, t.Artifact.Key)
	if cairn.CodeOf(err) == cairn.NotFound { // the task went meanwhile
		return absent
	}
	if err != nil {
		return err
	}
	defer file.Close()
	header := w.Header()
	header.Set("Content-Type", mediaType(t.Artifact.Name))
	header.Set("Content-Disposition", attachment(t.Artifact.Name))
	header.Set("ETag", `"`+t.Artifact.SHA256+`"`)
	header.Set("Cache-Control", "private, no-cache")
	serveContent(w, r, t.Artifact.Name, *t.SucceededAt, io.NewSectionReader(file, 0, file.Size()))
	return nil
}
