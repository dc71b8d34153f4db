package main

import (
	"slices"
	"testing"
)

// entriesAndBuilds is the checklist of entries, builds and how rasters look.
var entriesAndBuilds = slices.Concat(
	elsewhere(1, 58, "what entries are is tested by the REST API's checklist, and in ingest and its packages"),
	rasterBuildStatements,
	elsewhere(67, 76, "builds of other types are their own issues"),
	elsewhere(77, 79, "that builds survive each other and crashes is tested by the REST API's checklist, and by killing the server"),
	buildFileStatements,
	elsewhere(83, 83, "tilesets are their own issue"),
	thumbnailStatements,
	tileStatements,
	styleStatements,
	elsewhere(109, 110, vectors),
	elsewhere(111, 116, "STAC is tested by the REST API's checklist"),
	entryAnalysisStatements, // 117, 118, 121
	elsewhere(119, 120, "volumes are their own issue"),
	elsewhere(122, 124, "border masking, merging and alignment are their own issues"),
	elsewhere(125, 130, "tasks and errors are tested by the REST API's checklist"),
)

func TestConformanceEntries(t *testing.T) {
	checkStatements(t, "entries and builds", entriesAndBuilds, 130)
}

// elsewhere are statements that other tests, or other issues, see to.
func elsewhere(from, to int, why string) []statement {
	var list []statement
	for number := from; number <= to; number++ {
		list = append(list, statement{number: number, elsewhere: why})
	}
	return list
}
