package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// initialized is what push/init answers.
type initialized struct {
	PullRequired            bool
	NeededFiles, NeededMeta []string
	Token                   string
}

// initialized requires what the client reads of the answer: arrays and texts, never null.
func (a answer) initialized(t *testing.T) initialized {
	t.Helper()
	var members map[string]any
	a.json(t, http.StatusOK, &members)
	require.IsType(t, []any{}, members["neededFiles"], "%s", a.body)
	require.IsType(t, []any{}, members["neededMeta"], "%s", a.body)
	require.IsType(t, "", members["token"], "%s", a.body)
	if refused, there := members["pullRequired"]; there {
		require.IsType(t, true, refused, "%s", a.body)
	}
	var i initialized
	require.NoError(t, json.Unmarshal(a.body, &i))
	require.Equal(t, i.PullRequired, i.Token == "", "%s", a.body)
	return i
}

// pushInit begins a push from a copy whose last common state had the checksum.
func (d ddb) pushInit(t *testing.T, dataset, checksum string, s stamp) initialized {
	t.Helper()
	return d.post(t, dataset+"/push/init", "checksum", checksum, "stamp", s.text(t)).initialized(t)
}

// begin is pushInit where a pull isn't required.
func (d ddb) begin(t *testing.T, dataset, checksum string, s stamp) initialized {
	t.Helper()
	i := d.pushInit(t, dataset, checksum, s)
	require.False(t, i.PullRequired)
	return i
}

// sendFile uploads one file of a push.
func (d ddb) sendFile(t *testing.T, dataset, token, file, content string) answer {
	t.Helper()
	return d.send(t, dataset+"/push/upload", pushParts(token, file, content)...)
}

func pushParts(token, file, content string) []part {
	return []part{{"file", path.Base(file), content}, {"path", "", file}, {"token", "", token}}
}

// sendRecords sends the metadata of a push.
func (d ddb) sendRecords(t *testing.T, dataset, token string, records ...dumped) answer {
	t.Helper()
	return d.post(t, dataset+"/push/meta", "meta", recordsText(t, records...), "token", token)
}

// recordsText is the format of section 10.3.
func recordsText(t *testing.T, records ...dumped) string {
	t.Helper()
	list := []map[string]any{}
	for _, r := range records {
		list = append(list, map[string]any{"data": r.Data, "id": r.ID, "key": r.Key, "mtime": r.MTime, "path": r.Path})
	}
	return compactJSON(t, list)
}

func (d ddb) commit(t *testing.T, dataset, token string) answer {
	t.Helper()
	return d.post(t, dataset+"/push/commit", "token", token)
}

// sendNeeded sends what an init asked for, in its order.
func (d ddb) sendNeeded(t *testing.T, dataset string, asked initialized, files contents, records ...dumped) {
	t.Helper()
	if len(asked.NeededMeta) > 0 {
		wanted := slices.DeleteFunc(slices.Clone(records), func(r dumped) bool { return !slices.Contains(asked.NeededMeta, r.ID) })
		require.Len(t, wanted, len(asked.NeededMeta))
		a := d.sendRecords(t, dataset, asked.Token, wanted...)
		require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	}
	for _, file := range asked.NeededFiles {
		content, announced := files[file]
		require.True(t, announced, "%s was not in the stamp", file)
		a := d.sendFile(t, dataset, asked.Token, file, content)
		require.Equal(t, http.StatusOK, a.status, "%s: %s", file, a.body)
	}
}

// push makes the dataset equal to a copy whose last common state was since;
// a copy that never met the dataset takes its own state for that. It returns
// the stamp that the dataset has now.
func (d ddb) push(t *testing.T, dataset string, since stamp, files contents, records ...dumped) stamp {
	t.Helper()
	ids := []string{}
	for _, r := range records {
		ids = append(ids, r.ID)
	}
	s := files.stamp(ids...)
	if since.Checksum == "" {
		since = s
	}
	asked := d.begin(t, dataset, since.Checksum, s)
	d.sendNeeded(t, dataset, asked, files, records...)
	a := d.commit(t, dataset, asked.Token)
	require.Equal(t, http.StatusOK, a.status, "%s", a.body)
	require.Equal(t, s, d.stamp(t, dataset))
	return s
}

// requireFiles requires that the dataset has exactly these entries and that
// every file downloads byte for byte.
func (d ddb) requireFiles(t *testing.T, dataset string, files contents) {
	t.Helper()
	require.Equal(t, files.stamp().Entries, d.stamp(t, dataset).Entries)
	for file, content := range files {
		if strings.HasSuffix(file, "/") {
			continue
		}
		a := d.get(t, fmt.Sprintf("%s/download?path=%s", dataset, percent(file)))
		require.Equal(t, http.StatusOK, a.status, "%s: %s", file, a.body)
		require.Equal(t, content, string(a.body), file)
	}
}
