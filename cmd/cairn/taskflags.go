package main

import (
	"time"

	"github.com/cairngeo/cairn/ingest"
)

// taskFlags are the limits of tasks.
type taskFlags struct {
	MaxTaskOutputMB               int64         `name:"max-task-output-mb" default:"20480" help:"Largest file that one task may make, in MiB, as it is estimated before."`
	MaxActiveTasks                int           `default:"32" help:"Tasks that people may have active on the whole server. Builds of uploads don't count."`
	MaxActiveTasksPerOrganization int           `default:"10" help:"Tasks that people may have active in the datasets of one organization."`
	MaxActiveTasksPerUser         int           `default:"20" help:"Tasks that one user may have active."`
	MaxBulkDownloadsPerUser       int           `default:"1" help:"Archives that one user may have in the making."`
	ArtifactLifetime              time.Duration `default:"24h" help:"How long the file that a task made can be downloaded."`
	TaskRetentionDays             int           `default:"60" help:"Days after which tasks that ended are taken out of the history."`
}

func (f taskFlags) options() ingest.Options {
	return ingest.Options{
		MaxOutputBytes: f.MaxTaskOutputMB << 20, MaxActive: f.MaxActiveTasks, MaxPerOrganization: f.MaxActiveTasksPerOrganization, MaxPerUser: f.MaxActiveTasksPerUser,
		BulkDownloadsPerUser: f.MaxBulkDownloadsPerUser, ArtifactLifetime: f.ArtifactLifetime, RetentionDays: f.TaskRetentionDays,
	}
}
