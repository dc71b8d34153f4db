package workingcopy

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"

	"github.com/cairngeo/cairn/federation/client"
	"github.com/cairngeo/cairn/federation/stamp"
)

const (
	tagsFile = ".ddb/tags.json"
	syncFile = ".ddb/sync.json"
)

// Tag returns the dataset that the folder belongs to, false if there is none.
func (c *Copy) Tag() (client.Tag, bool, error) {
	tags, err := c.readObject(tagsFile)
	if err != nil || tags["tag"] == nil {
		return client.Tag{}, false, err
	}
	var text string
	if err := json.Unmarshal(tags["tag"], &text); err != nil {
		return client.Tag{}, false, fmt.Errorf("%s: %w", tagsFile, err)
	}
	tag, err := client.ParseTag(text, client.DefaultServer)
	return tag, err == nil, err
}

// SetTag makes the folder belong to a dataset.
func (c *Copy) SetTag(tag client.Tag) error {
	return c.changeObject(tagsFile, func(tags map[string]json.RawMessage) error { return set(tags, "tag", tag.String()) })
}

// The native client keeps one stamp a server, whatever the dataset, and finds a
// folder out of date when its tag has changed. Members of our own, which it
// leaves alone, say which dataset that stamp is of and keep those of others:
//
//	"https://h": stamp, "https://h/": {"dataset": "acme/site", "checksum": …}, "https://h/acme/other": stamp

// owner is the dataset that the server's stamp in the file is of.
type owner struct {
	Dataset  string `json:"dataset"`
	Checksum string `json:"checksum"` // of the stamp: another one is the native client's
}

// lastSync is the state in which the folder and a dataset were the same last.
type lastSync struct {
	stamp.Stamp
	known bool // false: they never were
	// sure is false when the native client wrote it. That one also writes how the
	// folder is when it first tries to push, whatever the dataset is like.
	sure bool
}

// Synced tells whether the folder and the dataset were ever the same.
func (c *Copy) Synced(tag client.Tag) (bool, error) {
	last, err := c.lastSync(tag)
	return last.known, err
}

func (c *Copy) lastSync(tag client.Tag) (last lastSync, err error) {
	states, err := c.readObject(syncFile)
	if err != nil {
		return last, err
	}
	key := tag.String()
	of, noted, err := c.ownerIn(states, tag.Server)
	if err != nil {
		return last, err
	}
	last.sure = true
	if of == tag.Dataset.String() {
		key, last.sure = tag.Server, noted
	}
	if states[key] == nil {
		return last, nil
	}
	if err := json.Unmarshal(states[key], &last.Stamp); err != nil {
		return last, fmt.Errorf("%s: %w", syncFile, err)
	}
	last.known = true
	return last, nil
}

// setLastSync notes that the folder and the dataset are the same now.
func (c *Copy) setLastSync(tag client.Tag, s stamp.Stamp) error {
	own, tagged, err := c.Tag()
	if err != nil {
		return err
	}
	return c.changeObject(syncFile, func(states map[string]json.RawMessage) error {
		if !tagged || own != tag {
			return set(states, tag.String(), s)
		}
		of, _, err := c.ownerIn(states, tag.Server)
		if err != nil {
			return err
		}
		if before := states[tag.Server]; before != nil && of != "" && of != tag.Dataset.String() {
			states[tag.Server+"/"+of] = before
		}
		delete(states, tag.String())
		return errors.Join(set(states, tag.Server, s), set(states, tag.Server+"/", owner{tag.Dataset.String(), s.Checksum}))
	})
}

// ownerIn returns the dataset whose stamp the file has under the server: the
// one noted, or that of the tag if the native client wrote the stamp since.
func (c *Copy) ownerIn(states map[string]json.RawMessage, server string) (dataset string, noted bool, err error) {
	var note owner
	if states[server+"/"] != nil {
		var s struct {
			Checksum string `json:"checksum"`
		}
		if err := errors.Join(json.Unmarshal(states[server+"/"], &note), json.Unmarshal(states[server], &s)); err != nil {
			return "", false, fmt.Errorf("%s: %w", syncFile, err)
		}
		if s.Checksum == note.Checksum {
			return note.Dataset, true, nil
		}
	}
	tag, tagged, err := c.Tag()
	if err != nil || !tagged || tag.Server != server {
		return "", false, err
	}
	return tag.Dataset.String(), false, nil
}

func set(object map[string]json.RawMessage, key string, value any) error {
	text, err := json.Marshal(value)
	object[key] = text
	return err
}

func (c *Copy) readObject(path string) (map[string]json.RawMessage, error) {
	object := map[string]json.RawMessage{}
	text, err := c.root.ReadFile(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return object, nil
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(text, &object); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if object == nil { // null
		object = map[string]json.RawMessage{}
	}
	return object, nil
}

func (c *Copy) changeObject(path string, change func(map[string]json.RawMessage) error) error {
	object, err := c.readObject(path)
	if err != nil {
		return err
	}
	if err := change(object); err != nil {
		return err
	}
	text, err := json.MarshalIndent(object, "", "    ")
	if err != nil {
		return err
	}
	return c.writeFile(path, text)
}
