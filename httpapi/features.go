package httpapi

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/cairngeo/cairn/ingest"
	"github.com/danielgtaylor/huma/v2"
)

// HubOptions is how the web client looks and what it offers. Members that are
// not set are left out, because the client takes null for a value.
type HubOptions struct {
	AppLogo                  *string  `json:"appLogo,omitempty" doc:"Address of the logo in the header" example:"/images/logo-banner.svg"`
	AppName                  *string  `json:"appName,omitempty" doc:"Title of the page" example:"Acme maps"`
	AppIcon                  *string  `json:"appIcon,omitempty" doc:"CSS class or address of the icon in the header" example:"/branding/icon.svg"`
	ShowRegistrationLink     *bool    `json:"showRegistrationLink,omitempty" doc:"Whether the sign-in page has a link to register"`
	DisableDatasetCreation   *bool    `json:"disableDatasetCreation,omitempty" doc:"Hides the making and deleting of datasets"`
	DisableStorageInfo       *bool    `json:"disableStorageInfo,omitempty" doc:"Hides storage figures"`
	DisableAccountManagement *bool    `json:"disableAccountManagement,omitempty" doc:"Hides the account menu"`
	SingleOrganization       *string  `json:"singleOrganization,omitempty" doc:"Slug of the only organization to show" example:"acme"`
	ReadOnlyOrgs             *bool    `json:"readOnlyOrgs,omitempty" doc:"Hides the making and changing of organizations"`
	Favicon                  *Favicon `json:"favicon,omitempty" doc:"Icons of the page"`
}

// TransformSchema says that null stands for options that are not configured.
func (HubOptions) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Nullable = true
	return s
}

// Favicon is what browsers and phones show for the page: addresses, and a color.
type Favicon struct {
	FaviconIco     *string `json:"faviconIco,omitempty" example:"/branding/favicon.ico"`
	Favicon16      *string `json:"favicon16,omitempty" example:"/branding/16.png"`
	Favicon32      *string `json:"favicon32,omitempty" example:"/branding/32.png"`
	AppleTouchIcon *string `json:"appleTouchIcon,omitempty" example:"/branding/180.png"`
	Manifest       *string `json:"manifest,omitempty" example:"/branding/site.webmanifest"`
	ThemeColor     *string `json:"themeColor,omitempty" example:"#0d47a1"`
}

type features struct {
	OrganizationMemberManagement    bool            `json:"organizationMemberManagement" doc:"Whether members of organizations can be changed"`
	UserManagement                  bool            `json:"userManagement" doc:"Whether users are managed here; false when people sign in elsewhere"`
	StorageLimiter                  bool            `json:"storageLimiter" doc:"Whether storage is limited by user"`
	MaxConcurrentDownloadsPerUser   *int            `json:"maxConcurrentDownloadsPerUser" doc:"null: no limit" example:"4"`
	DisableAnonymousBulkDownloads   bool            `json:"disableAnonymousBulkDownloads" doc:"Whether archives need a login"`
	PasswordPolicy                  *passwordPolicy `json:"passwordPolicy" doc:"null: none"`
	DatasetThumbnailCandidates      []string        `json:"datasetThumbnailCandidates" doc:"File names that make a dataset's thumbnail, best first" example:"[\"thumbnail.webp\"]"`
	MaxExportSizeBytes              *int64          `json:"maxExportSizeBytes" doc:"Largest export of a raster; null: no limit" example:"1073741824"`
	BulkDownloadAsyncThresholdBytes int64           `json:"bulkDownloadAsyncThresholdBytes" doc:"Selections above this are better downloaded by a task; 0: never" example:"524288000"`
	TaskTools                       []taskTool      `json:"taskTools" doc:"What tasks can do"`
	TaskStates                      []taskState     `json:"taskStates"`
	HubOptions                      *HubOptions     `json:"hubOptions" doc:"null if not configured"`
	HubVersion                      *string         `json:"hubVersion" doc:"Of the web client, if one is deployed" example:"2.6.2"`
	RegistryVersion                 string          `json:"registryVersion" doc:"Version of the server" example:"0.1.0"`
	DDBVersion                      *string         `json:"ddbVersion" doc:"null: no such library is used" example:"1.9.0"`
}

type passwordPolicy auth.PasswordPolicy

// TransformSchema says that null stands for no policy.
func (passwordPolicy) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Nullable = true
	return s
}

type taskTool struct {
	ID               string  `json:"id" example:"build"`
	Version          string  `json:"version" example:"1"`
	Title            string  `json:"title" example:"Build"`
	RequiredAccess   string  `json:"requiredAccess" enum:"Read,Write" doc:"What the caller must be allowed on the dataset"`
	ProducesArtifact bool    `json:"producesArtifact" doc:"Whether there is a file to download in the end"`
	ResultExtension  *string `json:"resultExtension" doc:"Of that file" example:"zip"`
}

type taskState struct {
	State      string `json:"state" example:"Succeeded"`
	IsTerminal bool   `json:"isTerminal" doc:"Whether nothing comes after it"`
	Value      string `json:"value" doc:"The same as state" example:"Succeeded"`
	Terminal   bool   `json:"terminal" doc:"The same as isTerminal"`
}

type featuresOutput struct{ Body features }

func (s *server) registerFeatures() {
	register(s.api, needing(auth.Browse, huma.Operation{Method: http.MethodGet, Path: "/sys/features", Summary: "What this server offers", Tags: []string{"System"}}), s.features)
}

// asyncDownloadBytes is the size from which the web client downloads by a task.
const asyncDownloadBytes = 500 << 20

func (s *server) features(context.Context, *struct{}) (*featuresOutput, error) {
	hub, err := hubVersion(s.Page)
	if err != nil {
		return nil, err
	}
	return &featuresOutput{features{
		OrganizationMemberManagement:    !s.NoMemberManagement,
		UserManagement:                  !s.Users.ManagedElsewhere(),
		StorageLimiter:                  s.Catalog.StorageLimited(),
		MaxConcurrentDownloadsPerUser:   limitOrNil(s.MaxDownloadsPerUser),
		DisableAnonymousBulkDownloads:   s.DisableAnonymousBulkDownloads,
		PasswordPolicy:                  newPasswordPolicy(s.Users.Policy()),
		DatasetThumbnailCandidates:      thumbnailCandidates,
		BulkDownloadAsyncThresholdBytes: asyncDownloadBytes,
		MaxExportSizeBytes:              new(int64(maxExport)),
		TaskTools:                       taskTools(s.Ingest.Tools()),
		TaskStates:                      taskStates(),
		HubOptions:                      s.HubOptions,
		HubVersion:                      hub,
		RegistryVersion:                 cairn.Version,
	}}, nil
}

func newPasswordPolicy(p auth.PasswordPolicy) *passwordPolicy {
	if p == (auth.PasswordPolicy{}) {
		return nil
	}
	return (*passwordPolicy)(&p)
}

func taskTools(tools []ingest.About) []taskTool {
	var list []taskTool
	for _, a := range tools {
		tool := taskTool{ID: a.ID, Version: a.Version, Title: a.Title, RequiredAccess: requiredAccess(a), ProducesArtifact: a.Extension != ""}
		if tool.ProducesArtifact {
			tool.ResultExtension = &a.Extension
		}
		list = append(list, tool)
	}
	return list
}

func taskStates() []taskState {
	var list []taskState
	for _, name := range catalog.TaskStates {
		ended := catalog.TaskEnded(name)
		list = append(list, taskState{State: name, IsTerminal: ended, Value: name, Terminal: ended})
	}
	return list
}

// hubVersion is what the version.txt of a deployed web client says; Cairn's
// own page has none.
func hubVersion(page fs.FS) (*string, error) {
	text, err := fs.ReadFile(page, "version.txt")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("version of the web client: %w", err)
	}
	version := strings.TrimSpace(string(text))
	return &version, nil
}

// limitOrNil is null for no limit.
func limitOrNil(limit int) *int {
	if limit == 0 {
		return nil
	}
	return &limit
}
