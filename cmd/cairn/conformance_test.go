package main

import (
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
)

// statement is one numbered statement of a specification's checklist.
type statement struct {
	number    int
	says      string
	holds     func(t *testing.T)
	elsewhere string // why it isn't tested here, in place of holds
}

// restAPI is the checklist of the REST API, section by section.
var restAPI = slices.Concat(
	conventionStatements,
	authenticationStatements,
	datasetPermissionStatements,
	objectStatements,
	buildStatements,
	datasetStatements,
	organizationStatements,
	downloadStatements,
	shareStatements,
	userStatements,
	stacStatements,
	systemStatements,
	metadataStatements,
)

func TestConformanceREST(t *testing.T) { checkStatements(t, "REST API", restAPI, 205) }

// checkStatements runs the statements of a checklist, of which there must be
// one for each number to last, and logs how many hold.
func checkStatements(t *testing.T, checklist string, statements []statement, last int) {
	t.Parallel()
	var held atomic.Int32
	known := map[int]bool{}
	elsewhere := 0
	for _, s := range statements {
		if known[s.number] {
			t.Errorf("%s: two statements have the number %d", checklist, s.number)
		}
		known[s.number] = true
		if s.holds == nil {
			elsewhere++
			t.Logf("%s %d is not tested here: %s", checklist, s.number, s.elsewhere)
			continue
		}
		t.Run(fmt.Sprintf("%03d %s", s.number, s.says), func(t *testing.T) {
			t.Parallel()
			s.holds(t)
			if !t.Failed() {
				held.Add(1)
			}
		})
	}
	for number := 1; number <= last; number++ {
		if !known[number] {
			t.Errorf("%s: statement %d is neither tested nor said to belong elsewhere", checklist, number)
		}
	}
	t.Cleanup(func() {
		t.Logf("%s: %d of %d statements hold, %d are tested elsewhere", checklist, held.Load(), last, elsewhere)
	})
}
