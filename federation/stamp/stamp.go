// Package stamp is what copies of a dataset are compared by: every path with
// the hash of its content, the ids of the metadata, and one checksum over all.
package stamp

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Entry is a path and the SHA-256 of its content in lower-case hex, which is
// empty for a folder. On the wire it is an object with one member.
type Entry struct{ Path, Hash string }

// Folder tells whether the entry is a folder.
func (e Entry) Folder() bool { return e.Hash == "" }

// Stamp is the state of a copy of a dataset.
type Stamp struct {
	Checksum string   `json:"checksum"`
	Entries  []Entry  `json:"entries"`
	Meta     []string `json:"meta"`
}

// New makes the stamp of entries and ids of metadata, which may come in any
// order. It keeps both lists and sorts them.
func New(entries []Entry, meta []string) Stamp {
	slices.SortFunc(entries, byPath)
	slices.Sort(meta)
	s := Stamp{Entries: entries, Meta: meta}
	s.Checksum = s.Sum()
	return s
}

// Strings of Go compare by their bytes, as SQLite's do.
func byPath(a, b Entry) int { return strings.Compare(a.Path, b.Path) }

// Sum computes the checksum of entries and ids in the order that they have:
// SHA-256 over paths, hashes and ids without anything in between.
func (s Stamp) Sum() string {
	sum := sha256.New()
	for _, e := range s.Entries {
		_, _ = io.WriteString(sum, e.Path+e.Hash) // a hash never fails
	}
	for _, id := range s.Meta {
		_, _ = io.WriteString(sum, id)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// Same tells whether two copies are equal, whatever their checksums claim.
func (s Stamp) Same(other Stamp) bool {
	return slices.Equal(s.Entries, other.Entries) && slices.Equal(s.Meta, other.Meta)
}

// MarshalJSON writes empty lists as such: null ends native clients.
func (s Stamp) MarshalJSON() ([]byte, error) {
	type plain Stamp
	p := plain(s)
	if p.Entries == nil {
		p.Entries = []Entry{}
	}
	if p.Meta == nil {
		p.Meta = []string{}
	}
	return json.Marshal(p)
}

// UnmarshalJSON wants all three members, as every server sends them, and puts
// the lists in order.
func (s *Stamp) UnmarshalJSON(text []byte) error {
	var read struct {
		Checksum *string   `json:"checksum"`
		Entries  *[]Entry  `json:"entries"`
		Meta     *[]string `json:"meta"`
	}
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	if read.Checksum == nil || read.Entries == nil || read.Meta == nil {
		return errors.New("a stamp has a checksum, entries and meta")
	}
	*s = Stamp{Checksum: *read.Checksum, Entries: *read.Entries, Meta: *read.Meta}
	slices.SortFunc(s.Entries, byPath)
	slices.Sort(s.Meta)
	for i := 1; i < len(s.Entries); i++ {
		if s.Entries[i].Path == s.Entries[i-1].Path {
			return fmt.Errorf("the stamp has %q twice", s.Entries[i].Path)
		}
	}
	return nil
}

// MarshalJSON writes {"path":"hash"}.
func (e Entry) MarshalJSON() ([]byte, error) { return json.Marshal(map[string]string{e.Path: e.Hash}) }

// UnmarshalJSON reads {"path":"hash"}. A folder's hash may be null.
func (e *Entry) UnmarshalJSON(text []byte) error {
	var read map[string]*string
	if err := json.Unmarshal(text, &read); err != nil {
		return err
	}
	if len(read) != 1 {
		return errors.New("an entry of a stamp is one path with its hash")
	}
	for path, hash := range read {
		*e = Entry{Path: path}
		if hash != nil {
			e.Hash = *hash
		}
	}
	return nil
}
