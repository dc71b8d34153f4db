package httpapi

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"
)

// thumbnailCandidates are the files at the root that may picture a dataset, in order of preference.
var thumbnailCandidates = []string{"thumbnail.webp", "thumbnail.jpg", "thumbnail.png", "cover.webp", "cover.jpg", "cover.png"}

type datasetPermissions struct {
	CanRead   bool `json:"canRead"`
	CanWrite  bool `json:"canWrite"`
	CanDelete bool `json:"canDelete"`
}

type dataset struct {
	Slug         string             `json:"slug" example:"site-a"`
	CreationDate time.Time          `json:"creationDate"`
	Properties   map[string]any     `json:"properties" doc:"entries, readme, and meta: a record for each singular key, a list for each plural one"`
	Size         int64              `json:"size" doc:"Bytes"`
	Permissions  datasetPermissions `json:"permissions"`
	HasThumbnail *bool              `json:"hasThumbnail"`
}

func newDataset(d *catalog.Dataset, caller auth.Caller) dataset {
	return dataset{Slug: d.Slug, CreationDate: d.CreatedAt.UTC(), Properties: datasetProperties(d), Size: d.Size, Permissions: permissionsOn(d, caller)}
}

func permissionsOn(d *catalog.Dataset, caller auth.Caller) datasetPermissions {
	return datasetPermissions{d.May(caller, auth.ReadDataset), d.May(caller, auth.WriteDataset), d.May(caller, auth.DeleteDataset)}
}

func datasetProperties(d *catalog.Dataset) map[string]any {
	meta := map[string]any{}
	for _, r := range d.Metadata {
		record := newMetadataRecord(r)
		if catalog.Plural(r.Key) {
			list, _ := meta[r.Key].([]metadataRecord)
			meta[r.Key] = append(list, record)
		} else {
			meta[r.Key] = record
		}
	}
	properties := map[string]any{"entries": d.Entries, "meta": meta}
	if d.Readme != "" {
		properties["readme"] = d.Readme
	}
	return properties
}

// DatasetInput is embedded in the inputs of operations on a dataset. It is
// exported because huma passes over embedded types that are not.
type DatasetInput struct {
	Org string `path:"org" doc:"Slug of the organization" example:"acme"`
	DS  string `path:"ds" doc:"Slug of the dataset" example:"site-a"`
}

// datasetOf is the DatasetInput of a stream.
func datasetOf(r *http.Request) DatasetInput { return DatasetInput{param(r, "org"), param(r, "ds")} }

func (s *server) registerDatasets() {
	tags := []string{"Datasets"}
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/orgs/{org}/ds", Summary: "List the datasets of an organization", Tags: tags}, s.listDatasets)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/orgs/{org}/ds", Summary: "Create a dataset", Tags: tags, DefaultStatus: http.StatusCreated}, s.createDataset)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/orgs/{org}/ds/{ds}", Summary: "Get the dataset's own entry", Tags: tags}, s.getDatasetEntry)
	register(s.api, huma.Operation{Method: http.MethodGet, Path: "/orgs/{org}/ds/{ds}/ex", Summary: "Get a dataset", Tags: tags}, s.getDataset)
	register(s.api, huma.Operation{Method: http.MethodPut, Path: "/orgs/{org}/ds/{ds}", Summary: "Change the name or visibility of a dataset", Tags: tags}, s.editDataset)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/orgs/{org}/ds/{ds}/rename", Summary: "Give a dataset another slug", Tags: tags}, s.renameDataset)
	register(s.api, huma.Operation{Method: http.MethodPost, Path: "/orgs/{org}/ds/{ds}/chattr", Summary: "Open or close a dataset", Tags: tags}, s.changeAttributes)
	register(s.api, huma.Operation{Method: http.MethodDelete, Path: "/orgs/{org}/ds/{ds}", Summary: "Delete a dataset", Tags: tags}, s.deleteDataset)
}

type datasetsOutput struct{ Body []dataset }

func (s *server) listDatasets(ctx context.Context, in *struct {
	OrganizationInput
	IncludeThumbnailCheck bool `query:"includeThumbnailCheck" doc:"Fill hasThumbnail"`
}) (*datasetsOutput, error) {
	caller := callerFrom(ctx)
	list, err := s.Catalog.Datasets(ctx, caller, in.Org)
	if err != nil {
		return nil, err
	}
	out := &datasetsOutput{}
	for _, d := range list {
		out.Body = append(out.Body, newDataset(d, caller))
	}
	if in.IncludeThumbnailCheck {
		return out, s.checkThumbnails(ctx, list, out.Body)
	}
	return out, nil
}

// checkThumbnails fills HasThumbnail of the answers from the datasets, which
// are in the same order.
func (s *server) checkThumbnails(ctx context.Context, list []*catalog.Dataset, answers []dataset) error {
	ids := make([]uuid.UUID, len(list))
	for i, d := range list {
		ids[i] = d.ID
	}
	found, err := s.Catalog.FilesAtRoot(ctx, ids, thumbnailCandidates)
	for i, d := range list {
		_, has := found[d.ID]
		answers[i].HasThumbnail = &has
	}
	return err
}

// thumbnailEntry returns the file that pictures the dataset, nil without one.
func (s *server) thumbnailEntry(ctx context.Context, d *catalog.Dataset) (*catalog.Entry, error) {
	found, err := s.Catalog.FilesAtRoot(ctx, []uuid.UUID{d.ID}, thumbnailCandidates)
	if err != nil || found[d.ID] == "" {
		return nil, err
	}
	entry, err := s.Catalog.Entry(ctx, d, found[d.ID])
	return &entry, err
}

type datasetOutput struct{ Body dataset }

func (s *server) getDataset(ctx context.Context, in *DatasetInput) (*datasetOutput, error) {
	caller := callerFrom(ctx)
	d, err := s.Catalog.Dataset(ctx, caller, in.Org, in.DS, auth.ReadDataset)
	if err != nil {
		return nil, err
	}
	return s.answerDataset(ctx, d, caller)
}

// answerDataset is the dataset with every member filled.
func (s *server) answerDataset(ctx context.Context, d *catalog.Dataset, caller auth.Caller) (*datasetOutput, error) {
	answers := []dataset{newDataset(d, caller)}
	err := s.checkThumbnails(ctx, []*catalog.Dataset{d}, answers)
	return &datasetOutput{answers[0]}, err
}

func (s *server) getDatasetEntry(ctx context.Context, in *DatasetInput) (*entriesOutput, error) {
	caller := callerFrom(ctx)
	d, err := s.Catalog.Dataset(ctx, caller, in.Org, in.DS, auth.ReadDataset)
	if err != nil {
		return nil, err
	}
	scheme, host, _ := strings.Cut(baseURL(requestFrom(ctx)), "://")
	tag := map[string]string{"https": "ddb", "http": "ddb+unsafe"}[scheme] + "://" + host + "/" + in.Org + "/" + in.DS
	properties := datasetProperties(d)
	properties["permissions"] = permissionsOn(d, caller)
	return &entriesOutput{[]entry{{Path: tag, Type: catalog.DroneDB, Properties: properties, MTime: d.ChangedAt.Unix(), Size: d.Size}}}, nil
}

type createdDataset struct {
	Location string `header:"Location"`
	Body     dataset
}

func (s *server) createDataset(ctx context.Context, in *struct {
	OrganizationInput
	Body struct {
		Slug       string     `json:"slug" example:"site-a"`
		Name       string     `json:"name,omitempty" doc:"The slug if absent"`
		Visibility visibility `json:"visibility,omitempty" doc:"Private if absent"`
		Tagline    string     `json:"tagline,omitempty" doc:"At most 256 characters"`
	}
}) (*createdDataset, error) {
	caller := callerFrom(ctx)
	d, err := s.Catalog.CreateDataset(ctx, caller, in.Org, catalog.NewDataset{
		Slug: in.Body.Slug, Name: in.Body.Name, Visibility: in.Body.Visibility.Value, Tagline: in.Body.Tagline})
	if err != nil {
		return nil, err
	}
	return &createdDataset{baseURL(requestFrom(ctx)) + "/orgs/" + in.Org + "/ds/" + d.Slug, newDataset(d, caller)}, nil
}

func (s *server) editDataset(ctx context.Context, in *struct {
	DatasetInput
	Body struct {
		Name       *string     `json:"name,omitempty" example:"Site A" doc:"Stays if absent"`
		Visibility *visibility `json:"visibility,omitempty" doc:"Stays if absent"`
	}
}) (*struct{}, error) {
	change := catalog.DatasetChange{Name: in.Body.Name}
	if v := in.Body.Visibility; v != nil && v.Given {
		change.Visibility = &v.Value
	}
	return nil, s.Catalog.EditDataset(ctx, callerFrom(ctx), in.Org, in.DS, change)
}

func (s *server) deleteDataset(ctx context.Context, in *DatasetInput) (*struct{}, error) {
	return nil, s.Catalog.DeleteDataset(ctx, callerFrom(ctx), in.Org, in.DS)
}

func (s *server) renameDataset(ctx context.Context, in *struct {
	DatasetInput
	Body struct {
		Slug string `json:"slug" example:"site-b" doc:"The new slug; the present one changes nothing"`
	}
}) (*datasetOutput, error) {
	caller := callerFrom(ctx)
	d, err := s.Catalog.RenameDataset(ctx, caller, in.Org, in.DS, in.Body.Slug)
	if err != nil {
		return nil, err
	}
	return s.answerDataset(ctx, d, caller)
}

// DatasetAttributes is exported for the same reason as DatasetInput.
type DatasetAttributes struct {
	Public     *bool       `json:"public,omitempty" example:"true" doc:"true: unlisted, unless it is public already; false: private"`
	Visibility *visibility `json:"visibility,omitempty" doc:"Instead of public"`
}

type changedAttributes struct {
	Body struct {
		Public bool `json:"public" doc:"Whether everybody who knows the address may read the dataset"`
	}
}

func (s *server) changeAttributes(ctx context.Context, in *struct {
	DatasetInput
	Body struct {
		Attrs *DatasetAttributes `json:"attrs,omitempty" doc:"The same, as older clients send it: as the JSON text of one form field"`
		DatasetAttributes
	}
}) (*changedAttributes, error) {
	asked := in.Body.DatasetAttributes
	if in.Body.Attrs != nil {
		asked = *in.Body.Attrs
	}
	caller := callerFrom(ctx)
	var now auth.Visibility
	var err error
	switch {
	case asked.Visibility != nil && asked.Visibility.Given:
		now = asked.Visibility.Value
		err = s.Catalog.EditDataset(ctx, caller, in.Org, in.DS, catalog.DatasetChange{Visibility: &now})
	case asked.Public != nil:
		now, err = s.Catalog.OpenDataset(ctx, caller, in.Org, in.DS, *asked.Public)
	default:
		if _, err = s.Catalog.Dataset(ctx, caller, in.Org, in.DS, auth.WriteDataset); err == nil {
			err = cairn.Errorf(cairn.Invalid, `Say what to change: attrs={"public":true}.`)
		}
	}
	if err != nil {
		return nil, err
	}
	out := &changedAttributes{}
	out.Body.Public = now >= auth.Unlisted
	return out, nil
}
