package main

import (
	"errors"
	"net/http"
	"testing"
)

const pullFirst = `The remote has new changes. Use "ddb pull" to get the latest changes before pushing.`

// push is ddb push (section 5.5).
func (w *workingCopy) push(t *testing.T) error { t.Helper(); return w.command(t, w.pushOnce) }

func (w *workingCopy) pushOnce(t *testing.T) error {
	t.Helper()
	if err := w.login(t, w.stored); err != nil {
		return err
	}
	if err := w.info(t); err != nil {
		return err
	}
	own := w.state()
	if w.last == nil {
		w.last = &own
	}
	asked, err := read[map[string]any](w, w.post(t, w.dataset()+"/push/init", "checksum", w.last.Checksum, "stamp", own.text(t)))
	if err != nil {
		return err
	}
	if required, there := asked["pullRequired"]; there {
		refused, err := as[bool](required)
		if err != nil {
			return err
		}
		if refused {
			return exit{1, pullFirst}
		}
	}
	files, noFiles := texts(asked["neededFiles"])
	ids, noIDs := texts(asked["neededMeta"])
	token, noToken := as[string](asked["token"])
	if err := errors.Join(noFiles, noIDs, noToken); err != nil {
		return err
	}
	if err := w.send(t, token, files, ids); err != nil {
		return err
	}
	if err := w.succeeded(w.commit(t, w.dataset(), token)); err != nil {
		return err
	}
	w.last = &own
	return nil
}

// send sends what is needed: metadata first, then the files one by one.
func (w *workingCopy) send(t *testing.T, token string, files, ids []string) error {
	t.Helper()
	if len(ids) > 0 {
		var records []dumped
		for _, id := range ids {
			records = append(records, w.records[id])
		}
		if err := w.succeeded(w.sendRecords(t, w.dataset(), token, records...)); err != nil {
			return err
		}
	}
	for _, path := range files {
		content, edited := w.edited[path]
		if !edited {
			content = w.files[path]
		}
		if err := w.succeeded(w.sendFile(t, w.dataset(), token, path, content)); err != nil {
			return err
		}
	}
	return nil
}

// info asks whether there is a dataset; the content only has to be readable.
func (w *workingCopy) info(t *testing.T) error {
	t.Helper()
	a := w.get(t, w.dataset())
	if a.status == http.StatusNotFound {
		return nil
	}
	list, err := read[[]any](w, a)
	if err != nil {
		return err
	}
	if len(list) == 0 {
		return exit{1, "Invalid empty response from registry"}
	}
	entry, err := as[map[string]any](list[0])
	_, noPath := as[string](entry["path"])
	for _, number := range []string{"type", "size", "depth", "mtime"} {
		_, noNumber := as[float64](entry[number])
		err = errors.Join(err, noNumber)
	}
	return errors.Join(err, noPath)
}

// share is ddb share (section 5.8); it returns the address that it prints.
func (w *workingCopy) share(t *testing.T, tag string, files contents) (url string, err error) {
	t.Helper()
	err = w.command(t, func(t *testing.T) error {
		url, err = w.shareOnce(t, tag, files)
		return err
	})
	return url, err
}

func (w *workingCopy) shareOnce(t *testing.T, tag string, files contents) (string, error) {
	t.Helper()
	if err := w.login(t, w.stored); err != nil {
		return "", err
	}
	batch, err := read[map[string]any](w, w.post(t, "/share/init", "tag", tag, "password", ""))
	if err != nil {
		return "", err
	}
	token, err := as[string](batch["token"])
	if err != nil {
		return "", err
	}
	for path, content := range files {
		uploaded, err := read[map[string]any](w, w.ddb.send(t, "/share/upload/"+token, part{"file", path, content}, part{"path", "", path}))
		if err != nil {
			return "", err
		}
		if _, there := uploaded["hash"]; !there {
			return "", exit{134, "no hash"}
		}
	}
	shared, err := read[map[string]any](w, w.post(t, "/share/commit/"+token))
	if err != nil {
		return "", err
	}
	url, err := as[string](shared["url"])
	return w.base + url, err
}
