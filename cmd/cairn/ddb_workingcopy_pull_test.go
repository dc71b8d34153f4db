package main

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// pull is ddb pull (section 5.6) in a copy without changes of its own.
func (w *workingCopy) pull(t *testing.T) error {
	t.Helper()
	return w.command(t, func(t *testing.T) error {
		if err := w.login(t, w.stored); err != nil {
			return err
		}
		return w.pullOnce(t)
	})
}

// clone is ddb clone (section 5.7): it begins as nobody, whatever is stored.
func (w *workingCopy) clone(t *testing.T) error {
	t.Helper()
	w.token = ""
	return w.command(t, w.pullOnce)
}

func (w *workingCopy) pullOnce(t *testing.T) error {
	t.Helper()
	remote, err := w.remoteState(t)
	if err != nil {
		return err
	}
	if w.last == nil {
		own := w.state()
		w.last = &own
	}
	d := deltaOf(remote, *w.last)
	var records []dumped
	if len(d.metaAdds) > 0 {
		if records, err = w.fetchRecords(t, d.metaAdds); err != nil {
			return err
		}
	}
	fetched, err := w.fetchFiles(t, d.adds)
	if err != nil {
		return err
	}
	w.apply(t, d, fetched, records)
	w.last = &remote
	return nil
}

// remoteState reads the registry's stamp.
func (w *workingCopy) remoteState(t *testing.T) (s stamp, err error) {
	t.Helper()
	body, err := read[map[string]any](w, w.get(t, w.dataset()+"/stamp"))
	if err != nil {
		return s, err
	}
	if _, there := body["checksum"]; !there {
		return s, exit{1, "Invalid stamp"}
	}
	entries, noEntries := as[[]any](body["entries"])
	for _, e := range entries {
		entry, err := as[map[string]any](e)
		if err != nil || len(entry) != 1 {
			return s, exit{134, fmt.Sprintf("%v is no entry", e)}
		}
		for path, hash := range entry {
			text, err := as[string](hash)
			if err != nil {
				return s, err
			}
			s.Entries = append(s.Entries, map[string]string{path: text})
		}
	}
	meta, noMeta := texts(body["meta"])
	checksum, noChecksum := as[string](body["checksum"])
	s.Checksum, s.Meta = checksum, meta
	return s, errors.Join(noEntries, noMeta, noChecksum)
}

// fetchRecords gets records; rows that weren't asked for are ignored.
func (w *workingCopy) fetchRecords(t *testing.T, ids []string) (records []dumped, err error) {
	t.Helper()
	var fields []string
	if w.libcurl { // the others send no ids and get everything
		fields = []string{"ids", compactJSON(t, ids)}
	}
	rows, err := read[[]any](w, w.ask(t, w.dataset()+"/meta/dump", fields...))
	for _, r := range rows {
		row, e := as[map[string]any](r)
		record := dumped{}
		var problems [5]error
		record.ID, problems[0] = as[string](row["id"])
		record.Path, problems[1] = as[string](row["path"])
		record.Key, problems[2] = as[string](row["key"])
		record.Data, problems[3] = as[string](row["data"])
		mtime, problem := as[float64](row["mtime"])
		record.MTime, problems[4] = int64(mtime), problem
		if err = errors.Join(err, e, errors.Join(problems[:]...)); slices.Contains(ids, record.ID) {
			records = append(records, record)
		}
	}
	return records, err
}

// fetchFiles gets the content of added files that the copy doesn't have yet:
// one as a file, by an address that isn't escaped, several as a zip.
func (w *workingCopy) fetchFiles(t *testing.T, adds []pathHash) (contents, error) {
	t.Helper()
	known, fetched := map[string]string{}, contents{}
	for path, content := range w.files {
		if !strings.HasSuffix(path, "/") {
			known[sum([]byte(content))] = content
		}
	}
	var wanted []string
	for _, add := range adds {
		if content, have := known[add.hash]; have {
			fetched[add.path] = content
		} else if add.hash != "" {
			wanted = append(wanted, add.path)
		}
	}
	switch len(wanted) {
	case 0:
		return fetched, nil
	case 1:
		a := w.get(t, w.dataset()+"/download?path="+wanted[0])
		fetched[wanted[0]] = string(a.body)
		return fetched, w.downloaded(a)
	}
	a := w.ask(t, w.dataset()+"/download", "path", strings.Join(wanted, ","))
	if err := w.downloaded(a); err != nil {
		return nil, err
	}
	members := zipMembers(t, a.body)
	for _, path := range wanted {
		content, there := members[path]
		if !there {
			return nil, exit{1, "Cannot copy " + path}
		}
		fetched[path] = content
	}
	return fetched, nil
}

// downloaded minds the status only: the body went into a file.
func (w *workingCopy) downloaded(a answer) error {
	switch {
	case a.status == http.StatusOK:
		return nil
	case a.status == http.StatusUnauthorized:
		return errUnauthorized
	case w.libcurl:
		return exit{1, fmt.Sprintf("Returned status: %d", a.status)}
	}
	return exit{134, fmt.Sprint(a.status)}
}

// apply changes the copy: removes, adds, new metadata, then metadata that is gone.
func (w *workingCopy) apply(t *testing.T, d delta, fetched contents, records []dumped) {
	t.Helper()
	for _, gone := range d.removes {
		require.NotEmpty(t, gone.path, "the client would delete its whole folder")
		if gone.hash == "" {
			delete(w.files, gone.path+"/")
		} else {
			delete(w.files, gone.path)
		}
		maps.DeleteFunc(w.records, func(_ string, r dumped) bool { return r.Path == gone.path })
	}
	for _, add := range d.adds {
		if add.hash == "" {
			w.files[add.path+"/"] = ""
		} else {
			require.Equal(t, add.hash, sum([]byte(fetched[add.path])), add.path)
			w.files[add.path] = fetched[add.path]
		}
	}
	for _, r := range records {
		w.restore(r)
	}
	for _, id := range d.metaRemoves {
		delete(w.records, id)
	}
}

// restore adds a record; of singular ones the newest stays.
func (w *workingCopy) restore(r dumped) {
	if !strings.HasSuffix(r.Key, "s") {
		for id, there := range w.records {
			if there.Path != r.Path || there.Key != r.Key || id == r.ID {
				continue
			}
			if there.MTime >= r.MTime {
				return
			}
			delete(w.records, id)
		}
	}
	w.records[r.ID] = r
}
