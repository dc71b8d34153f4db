package workingcopy

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/cairngeo/cairn/federation/client"
)

// Credentials are the names and passwords of servers that a person has signed
// in to. The file is the native client's.
type Credentials struct {
	file string
	all  map[string]json.RawMessage // members of the file that others may have made
	auth map[string]login           // by the server's address
}

type login struct {
	Auth string `json:"auth"` // base64 of name:password
}

// LoadCredentials reads those of the person, of whom there may be none.
func LoadCredentials() (*Credentials, error) {
	home := os.Getenv("DDB_HOME")
	if home == "" {
		var err error
		if home, err = os.UserHomeDir(); err != nil {
			return nil, err
		}
	}
	c := &Credentials{file: filepath.Join(home, folder, "auth.json"), all: map[string]json.RawMessage{}, auth: map[string]login{}}
	text, err := os.ReadFile(c.file)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return c, nil
	case err != nil:
		return nil, err
	}
	if err := json.Unmarshal(text, &c.all); err != nil {
		return nil, fmt.Errorf("%s: %w", c.file, err)
	}
	if c.all["auths"] != nil {
		if err := json.Unmarshal(c.all["auths"], &c.auth); err != nil {
			return nil, fmt.Errorf("%s: %w", c.file, err)
		}
	}
	return c, nil
}

// Of returns name and password for a server. The native client keeps them under
// the address as it was typed, so an address that means the same will do.
func (c *Credentials) Of(server string) (name, password string, known bool) {
	if l, ok := c.auth[server]; ok {
		return l.open()
	}
	for key, l := range c.auth {
		if s, err := client.ParseServer(key); err == nil && s == server {
			return l.open()
		}
	}
	return "", "", false
}

// open splits at the first colon: passwords have some, names have none.
func (l login) open() (name, password string, known bool) {
	text, err := base64.StdEncoding.DecodeString(l.Auth)
	if err != nil {
		return "", "", false
	}
	return strings.Cut(string(text), ":")
}

// Only returns the one server that the person has signed in to, "" if there
// are several or none.
func (c *Credentials) Only() string {
	only := ""
	for key := range c.auth {
		server, err := client.ParseServer(key)
		if err != nil || only != "" && server != only {
			return ""
		}
		only = server
	}
	return only
}

// Keep stores name and password for a server, readable for the person alone.
func (c *Credentials) Keep(server, name, password string) error {
	c.auth[server] = login{base64.StdEncoding.EncodeToString([]byte(name + ":" + password))}
	auths, err := json.Marshal(c.auth)
	if err != nil {
		return err
	}
	c.all["auths"] = auths
	text, err := json.MarshalIndent(c.all, "", "    ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.file), 0o700); err != nil {
		return err
	}
	temporary := fmt.Sprintf("%s.%d", c.file, os.Getpid())
	if err := writeSynced(os.OpenFile, temporary, text, 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, c.file)
}
