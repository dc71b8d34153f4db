package client

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/cairngeo/cairn"
)

// DefaultServer is the one that a tag without a server means, in the native
// client too.
const DefaultServer = "https://hub.dronedb.app"

// Dataset names a dataset of a server.
type Dataset struct{ Org, Slug string }

func (d Dataset) String() string { return d.Org + "/" + d.Slug }

func (d Dataset) path() string { return "/orgs/" + d.Org + "/ds/" + d.Slug }

// Tag names a dataset anywhere.
type Tag struct {
	Server string // as ParseServer returns it
	Dataset
}

func (t Tag) String() string { return t.Server + "/" + t.Dataset.String() }

// slugs of registries have up to 128 or 129 characters.
var slug = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,128}$`)

// ParseServer returns the one form that the address of a server is kept in:
// scheme and host in lower case, no default port, no slash at the end. Without
// a scheme it is https, or http for this machine itself.
func ParseServer(text string) (string, error) {
	u, err := parseAddress(text)
	if err != nil {
		return "", err
	}
	return serverOf(u, strings.Trim(u.Path, "/")), nil
}

// ParseTag understands org/dataset (of the server that is given), a server
// before it, and the address of a dataset's page or API. What stands before
// the names in the path belongs to the server.
func ParseTag(text, server string) (Tag, error) {
	text = strings.Trim(strings.TrimSpace(text), "/")
	if !strings.Contains(text, "://") && strings.Count(text, "/") == 1 {
		org, name, _ := strings.Cut(text, "/")
		return newTag(server, org, name)
	}
	u, err := parseAddress(text)
	if err != nil {
		return Tag{}, err
	}
	segments := strings.Split(strings.Trim(u.Path, "/"), "/")
	for i := range segments {
		switch {
		case len(segments) > i+3 && segments[i] == "orgs" && segments[i+2] == "ds":
			return newTag(serverOf(u, strings.Join(segments[:i], "/")), segments[i+1], segments[i+3])
		case len(segments) > i+2 && segments[i] == "r": // no slug is as short
			return newTag(serverOf(u, strings.Join(segments[:i], "/")), segments[i+1], segments[i+2])
		}
	}
	if len(segments) < 2 {
		return Tag{}, cairn.Errorf(cairn.Invalid, "%q names no dataset: it must be organization/dataset, perhaps with a server before it.", text)
	}
	last := len(segments) - 2
	return newTag(serverOf(u, strings.Join(segments[:last], "/")), segments[last], segments[last+1])
}

func newTag(server, org, name string) (Tag, error) {
	org, name = strings.ToLower(org), strings.ToLower(name)
	for _, s := range []string{org, name} {
		if !slug.MatchString(s) {
			return Tag{}, cairn.Errorf(cairn.Invalid, "%q can't be the name of an organization or dataset: use letters, digits, - and _, as in organization/dataset.", s)
		}
	}
	return Tag{server, Dataset{org, name}}, nil
}

// schemes are the ones that addresses may have. The last two are those of the
// addresses that registries give their datasets.
var schemes = map[string]string{"http": "http", "https": "https", "ddb+unsafe": "http", "ddb": "https"}

func parseAddress(text string) (*url.URL, error) {
	text = strings.TrimSpace(text)
	refuse := func(why string) (*url.URL, error) {
		return nil, cairn.Errorf(cairn.Invalid, "%q is no address of a server: %s.", text, why)
	}
	bare := !strings.Contains(text, "://")
	whole := text
	if bare {
		whole = "//" + text
	}
	u, err := url.Parse(whole)
	switch {
	case err != nil || u.Hostname() == "", strings.Contains(u.Hostname(), ":") && u.Host[0] != '[':
		return refuse("it must be like https://maps.example.com")
	case u.User != nil:
		return refuse("a password does not belong into it")
	case slices.ContainsFunc(strings.Split(u.Path, "/"), func(segment string) bool { return segment == "." || segment == ".." }):
		return refuse("its path leads elsewhere")
	case bare && isLocal(u.Hostname()):
		u.Scheme = "http"
	case bare:
		u.Scheme = "https"
	case schemes[u.Scheme] == "":
		return refuse("it must begin with https:// or http://")
	}
	u.Scheme = schemes[u.Scheme]
	return u, nil
}

func isLocal(host string) bool {
	address, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && address.IsLoopback()
}

var defaultPorts = []string{"http:80", "https:443"}

func serverOf(u *url.URL, path string) string {
	host := strings.ToLower(u.Hostname())
	switch port := u.Port(); {
	case port != "" && !slices.Contains(defaultPorts, u.Scheme+":"+port):
		host = net.JoinHostPort(host, port)
	case strings.Contains(host, ":"):
		host = "[" + host + "]"
	}
	server := url.URL{Scheme: u.Scheme, Host: host}
	if path != "" {
		server.Path = "/" + path
	}
	return server.String()
}
