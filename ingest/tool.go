package ingest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
)

// A Tool is a kind of task: one type in a file of its own, and a line in newTools.
type Tool interface {
	About() About

	// Plan checks what is asked for and says what Run will do. What is wrong
	// with the request is a *cairn.Error of code Invalid.
	Plan(ctx context.Context, r Request) (Plan, error)

	// Run does the work. It may run again after the server was killed in the
	// middle of it. When ctx is done it ends at once and leaves no process.
	// A *cairn.Error is what the task tells; any other error is tried again.
	Run(ctx context.Context, run *Run) error
}

// About describes a tool to those who may use it.
type About struct {
	ID, Version, Title string
	Access             auth.Action // what the caller must be allowed on the dataset
	Extension          string      // of the file that it makes, without the dot; "" if it makes none
	Params             any         // an empty struct of its parameters
	PerUser            int         // how many of its tasks a user may have active; 0: as many as of any
}

// Request is what somebody asks of a tool.
type Request struct {
	Dataset *catalog.Dataset
	Path    string          // of the entry that it is about, may be empty
	Params  json.RawMessage // an object or nothing
	Force   bool            // do it, though there is a result already
}

// read reads the parameters into the tool's struct. Names match ignoring case;
// what the tool does not know is ignored.
func (r Request) read(params any) error {
	given := bytes.TrimSpace(r.Params)
	if len(given) == 0 || string(given) == "null" {
		return nil
	}
	if given[0] != '{' {
		return cairn.Errorf(cairn.Invalid, "params must be an object.")
	}
	err := json.Unmarshal(given, params)
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return cairn.Errorf(cairn.Invalid, "params.%s can't be %s.", wrong.Field, article(wrong.Value)).Because(err)
	}
	if err != nil {
		return cairn.Errorf(cairn.Invalid, "params can't be read.").Because(err)
	}
	return nil
}

func article(kind string) string {
	if kind, _, _ = strings.Cut(kind, " "); strings.IndexAny(kind, "aeiou") == 0 {
		return "an " + kind
	}
	return "a " + kind
}

// Plan is what a tool will do.
type Plan struct {
	Path    string // of the entry that the task is about; "" for the whole dataset
	Params  any    // as the tool understood them, with defaults
	Force   bool   // the parameters ask for it
	Inputs  string // changes with everything else that the result is made from
	Bytes   *int64 // estimated size of the result; nil for tools that make no file
	Product *catalog.Product
	Hash    string // of the file, with Product

	Background bool // nobody waits for it: other builds come first
}

// Run is one run of a task.
type Run struct {
	Task   catalog.Task
	Dir    string // an empty folder; what is in it when the run ends goes
	report *reporter
	result result
}

// Dataset is the dataset that the task works on.
func (r *Run) Dataset() *catalog.Dataset {
	return &catalog.Dataset{ID: r.Task.Dataset, Organization: r.Task.Organization, Slug: r.Task.Slug}
}

// Params reads the parameters that Plan returned.
func (r *Run) Params(into any) error {
	if err := json.Unmarshal(r.Task.Params, into); err != nil {
		return fmt.Errorf("params of task %d: %w", r.Task.ID, err)
	}
	return nil
}

// Progress says how far the work is, in percent, and what is being done.
func (r *Run) Progress(percent float64, phase string) { r.report.progress(percent, phase) }

// Log adds a line to the task's log.
func (r *Run) Log(format string, args ...any) { r.report.log(fmt.Sprintf(format, args...)) }

// Deliver makes a file in Dir the task's artifact, to be saved under the name.
// Without the SHA-256 of the file, in hexadecimal, it is read once more.
func (r *Run) Deliver(file, name, sha256 string) { r.result = result{file, name, sha256} }

type result struct{ file, name, sha256 string }

// again is the error of a run that has nothing to do for a while.
type again time.Duration

func (again) Error() string { return "to be continued" }

// newTools are the tools that there are, in the order in which they are listed.
func newTools(in *Ingest) []Tool {
	tools := []Tool{
		&buildTool{in},
		&bulkDownload{in},
	}
	if in.options.Tiles != nil {
		tools = append(tools, &rasterExport{in}, &mosaicOverview{in})
	}
	return tools
}

// Tools describes the tools that there are.
func (in *Ingest) Tools() []About {
	list := make([]About, len(in.tools))
	for i, tool := range in.tools {
		list[i] = tool.About()
	}
	return list
}

// tool finds a tool by its id and, if it isn't empty, its version.
func (in *Ingest) tool(id, version string) (Tool, error) {
	for _, tool := range in.tools {
		if about := tool.About(); about.ID == id {
			if version != "" && version != about.Version {
				return nil, cairn.Errorf(cairn.Invalid, "The tool %q has the version %s, not %q.", id, about.Version, version)
			}
			return tool, nil
		}
	}
	return nil, cairn.Errorf(cairn.Invalid, "There is no tool %q.", id)
}
