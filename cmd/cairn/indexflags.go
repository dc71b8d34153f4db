package main

import "github.com/cairngeo/cairn/ingest"

// indexFlags are about the index files that clients and other registries download.
type indexFlags struct {
	IndexCacheMB int64 `name:"index-cache-mb" default:"1024" help:"Disk space below --data for index files of datasets (.ddb/dbase.sqlite), made when somebody downloads one and kept for the next, in MiB."`
}

func (f indexFlags) apply(o *ingest.Options) { o.IndexBytes = f.IndexCacheMB << 20 }
