package auth

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/go-ldap/ldap/v3"
)

// LDAPConfig says how people are found in an LDAP directory.
type LDAPConfig struct {
	URL          string // ldap://host[:port] or ldaps://host[:port]
	StartTLS     bool   // encrypt an ldap:// connection before anything is sent
	CAFile       string // PEM certificates to trust; "": the system's
	BindDN       string // the account that searches; "": anonymous, or with UserDN the user
	BindPassword string
	UserDN       string     // where people are, {user} standing for the name: no search is needed
	BaseDN       string     // below which people are searched, without UserDN
	UserFilter   string     // what is searched for; "": ({NameAttribute}={user})
	Name         string     // attribute with the user name; "": uid
	Email        string     // attribute with the e-mail address; "": mail
	Roles        []RoleRule // which group gives which role
	Required     string     // DN of the group whose members alone may sign in; "": everybody
}

// RoleRule gives a role to the members of a group.
type RoleRule struct{ Role, GroupDN string }

// NewLDAP returns the directory, without asking it anything yet.
func NewLDAP(c LDAPConfig) (*LDAP, error) {
	invalid := func(format string, args ...any) (*LDAP, error) {
		return nil, cairn.Errorf(cairn.Invalid, format, args...)
	}
	server, err := url.Parse(c.URL)
	if err != nil || server.Hostname() == "" || server.Scheme != "ldap" && server.Scheme != "ldaps" {
		return invalid("--ldap-url must be like ldaps://ldap.example.com or ldap://ldap.example.com:389.")
	}
	d := &LDAP{LDAPConfig: c, address: net.JoinHostPort(server.Hostname(), server.Port())}
	if server.Port() == "" {
		d.address = net.JoinHostPort(server.Hostname(), map[string]string{"ldap": "389", "ldaps": "636"}[server.Scheme])
	}
	if c.Name == "" {
		d.Name = "uid"
	}
	if c.Email == "" {
		d.Email = "mail"
	}
	switch {
	case c.UserDN != "" && !strings.Contains(c.UserDN, "{user}"):
		return invalid("--ldap-user-dn must have {user} where the name goes: uid={user},ou=people,dc=example,dc=com")
	case c.UserDN == "" && c.BaseDN == "":
		return invalid("LDAP needs --ldap-base-dn to search people below, or --ldap-user-dn.")
	case c.BindDN != "" && c.BindPassword == "":
		return invalid("--ldap-bind-dn needs --ldap-bind-password.")
	case c.UserFilter == "" && c.UserDN == "":
		d.UserFilter = "(" + d.Name + "={user})"
	case c.UserFilter == "":
		d.UserFilter = "(objectClass=*)"
	}
	if _, err := ldap.CompileFilter(d.fill(d.UserFilter, "somebody", ldap.EscapeFilter)); err != nil {
		return invalid("--ldap-user-filter is no LDAP filter: %v", err)
	}
	for _, dn := range append([]string{c.BindDN, c.BaseDN, d.fill(c.UserDN, "somebody", ldap.EscapeDN), c.Required}, groupsOf(c.Roles)...) {
		if _, err := ldap.ParseDN(dn); err != nil {
			return invalid("%q is no distinguished name: %v", dn, err)
		}
	}
	if d.secure, err = trust(server.Hostname(), c.CAFile); err != nil {
		return nil, err
	}
	if server.Scheme == "ldaps" && c.StartTLS {
		return invalid("--ldap-start-tls is for ldap:// addresses; ldaps:// is encrypted from the beginning.")
	}
	if server.Scheme == "ldap" && !c.StartTLS {
		slog.Warn("passwords travel to the LDAP server unencrypted: use ldaps:// or --ldap-start-tls", "server", d.address)
	}
	return d, nil
}

func groupsOf(rules []RoleRule) []string {
	var groups []string
	for _, rule := range rules {
		groups = append(groups, rule.GroupDN)
	}
	return groups
}

// trust returns what TLS connections to the host are checked with.
func trust(host, caFile string) (*tls.Config, error) {
	config := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if caFile == "" {
		return config, nil
	}
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return nil, fmt.Errorf("LDAP certificates: %w", err)
	}
	config.RootCAs = x509.NewCertPool()
	if !config.RootCAs.AppendCertsFromPEM(pem) {
		return nil, cairn.Errorf(cairn.Invalid, "The file %s has no certificate in PEM format.", caFile)
	}
	return config, nil
}

// fill puts the name where the template has {user}.
func (d *LDAP) fill(template, name string, escape func(string) string) string {
	return strings.ReplaceAll(template, "{user}", escape(name))
}
