package main

import (
	"slices"
	"testing"
)

// hub is the checklist of the existing web client. What it says of the
// client's own files needs these and is not tested here.
var hub = slices.Concat(
	hubStartStatements,
	hubDatasetStatements,
	hubFileStatements,
	hubDownloadStatements,
	hubMapStatements,
	hubTaskStatements,
)

func TestConformanceHub(t *testing.T) { checkStatements(t, "web client", hub, 89) }
