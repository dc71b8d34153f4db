package main

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// Section 6.1 of the REST API's checklist.
var conventionStatements = []statement{
	{number: 13, says: "/orgs/ with a trailing slash answers like /orgs", holds: func(t *testing.T) {
		c := server(t)
		require.Equal(t, http.StatusOK, c.get(t, "/orgs/").status)
	}},
}
