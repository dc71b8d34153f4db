package auth

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/cairngeo/cairn"
	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

// ldapWithin bounds everything that one login asks of the directory.
const ldapWithin = 10 * time.Second

// Of a message only names, addresses and yes or no are of interest.
func init() { ber.MaxPacketLengthBytes = 1 << 20 }

// LDAP is an LDAP server as a Directory.
type LDAP struct {
	LDAPConfig
	address string
	secure  *tls.Config
}

// Check asks the LDAP server who has the name and the password.
func (d *LDAP) Check(ctx context.Context, c Credentials) (*Person, error) {
	if c.Token != "" {
		return nil, wrongCredentials("LDAP knows no tokens")
	}
	if c.Name == "" || c.Password == "" { // a bind without password succeeds, as nobody
		return nil, wrongCredentials("no password")
	}
	ctx, cancel := context.WithTimeout(ctx, ldapWithin)
	defer cancel()
	conn, err := d.dial(ctx)
	if err != nil {
		return nil, fmt.Errorf("LDAP: %w", err)
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	person, err := d.ask(conn, c)
	if err != nil && cairn.CodeOf(err) == cairn.Internal {
		return nil, fmt.Errorf("LDAP: %w", errors.Join(err, ctx.Err()))
	}
	return person, err
}

func (d *LDAP) dial(ctx context.Context) (*ldap.Conn, error) {
	encrypted := strings.HasPrefix(d.URL, "ldaps:")
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", d.address)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		if err := raw.SetDeadline(deadline); err != nil {
			return nil, errors.Join(err, raw.Close())
		}
	}
	if encrypted {
		wrapped := tls.Client(raw, d.secure)
		if err := wrapped.HandshakeContext(ctx); err != nil {
			return nil, errors.Join(err, raw.Close())
		}
		raw = wrapped
	}
	conn := ldap.NewConn(raw, encrypted)
	conn.Start()
	if d.StartTLS {
		if err := conn.StartTLS(d.secure); err != nil {
			return nil, errors.Join(err, conn.Close())
		}
	}
	return conn, nil
}

// ask finds the person, tries the password by binding, and reads the groups
// with the account that searches.
func (d *LDAP) ask(conn *ldap.Conn, c Credentials) (*Person, error) {
	var entry *ldap.Entry
	var err error
	dn := d.fill(d.UserDN, c.Name, ldap.EscapeDN)
	if d.UserDN == "" {
		if err := d.bindSearcher(conn); err != nil {
			return nil, err
		}
		if entry, err = d.find(conn, d.BaseDN, ldap.ScopeWholeSubtree, c.Name); err != nil {
			return nil, err
		}
		dn = entry.DN
	}
	if err := bindUser(conn, dn, c.Password); err != nil {
		return nil, err
	}
	if d.BindDN != "" || d.UserDN == "" {
		if err := d.bindSearcher(conn); err != nil {
			return nil, err
		}
	}
	if entry == nil {
		if entry, err = d.find(conn, dn, ldap.ScopeBaseObject, c.Name); err != nil {
			return nil, err
		}
	}
	return d.describe(conn, entry)
}

func (d *LDAP) bindSearcher(conn *ldap.Conn) error {
	if d.BindDN == "" {
		return explain("anonymous bind", conn.UnauthenticatedBind(""))
	}
	return explain("bind as "+d.BindDN, conn.Bind(d.BindDN, d.BindPassword))
}

// explain says which step failed. The codes of LDAP errors end here.
func explain(step string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", step, err)
}

// refusals are the answers to a bind that mean no, rather than trouble: wrong,
// no password set, locked or expired, not allowed.
var refusals = []uint16{ldap.LDAPResultInvalidCredentials, ldap.LDAPResultInappropriateAuthentication, ldap.LDAPResultConstraintViolation,
	ldap.LDAPResultUnwillingToPerform, ldap.LDAPResultInsufficientAccessRights, ldap.LDAPResultNoSuchObject}

func bindUser(conn *ldap.Conn, dn, password string) error {
	err := conn.Bind(dn, password)
	if ldap.IsErrorAnyOf(err, refusals...) {
		return errRejected().Because(explain(dn, err))
	}
	return explain("bind as the user", err)
}

// find returns the one entry that the filter finds for the name.
func (d *LDAP) find(conn *ldap.Conn, base string, scope int, name string) (*ldap.Entry, error) {
	filter := d.fill(d.UserFilter, name, ldap.EscapeFilter)
	found, err := conn.Search(ldap.NewSearchRequest(base, scope, ldap.NeverDerefAliases, 2, 0, false, filter, []string{d.Name, d.Email}, nil))
	switch {
	case scope == ldap.ScopeBaseObject && ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject):
		return nil, wrongCredentials("the account that searches may not read " + base)
	case err != nil && !ldap.IsErrorWithCode(err, ldap.LDAPResultSizeLimitExceeded):
		return nil, explain("search below "+base, err)
	case len(found.Entries) > 1:
		return nil, fmt.Errorf("%s finds several people below %s", filter, base)
	case len(found.Entries) == 0:
		return nil, wrongCredentials(fmt.Sprintf("%s finds nobody below %s", filter, base))
	}
	return found.Entries[0], nil
}

// describe says who the entry is and which roles its groups give.
func (d *LDAP) describe(conn *ldap.Conn, entry *ldap.Entry) (*Person, error) {
	names := entry.GetEqualFoldAttributeValues(d.Name)
	if len(names) == 0 {
		return nil, wrongCredentials(fmt.Sprintf("%s has no attribute %s to take the user name from", entry.DN, d.Name))
	}
	p := &Person{Name: slices.Min(names)} // several have no order of their own
	email := entry.GetEqualFoldAttributeValue(d.Email)
	p.Email = &email
	if d.Required != "" {
		member, err := isMember(conn, d.Required, entry, p.Name)
		if err != nil {
			return nil, err
		}
		if !member {
			return nil, wrongCredentials(fmt.Sprintf("%s is no member of %s", entry.DN, d.Required))
		}
	}
	for _, rule := range d.Roles {
		member, err := isMember(conn, rule.GroupDN, entry, p.Name)
		if err != nil {
			return nil, err
		}
		if member {
			p.Roles = append(p.Roles, rule.Role)
		}
	}
	p.Decides = func(role string) bool {
		return slices.ContainsFunc(d.Roles, func(rule RoleRule) bool { return rule.Role == role })
	}
	return p, nil
}

// isMember asks the group itself, so that it does not matter where groups are
// and whether people's entries name them.
func isMember(conn *ldap.Conn, group string, entry *ldap.Entry, name string) (bool, error) {
	dn, uid := ldap.EscapeFilter(entry.DN), ldap.EscapeFilter(name)
	filter := fmt.Sprintf("(|(member=%s)(uniqueMember=%s)(memberUid=%s))", dn, dn, uid)
	found, err := conn.Search(ldap.NewSearchRequest(group, ldap.ScopeBaseObject, ldap.NeverDerefAliases, 1, 0, false, filter, []string{"1.1"}, nil))
	if ldap.IsErrorWithCode(err, ldap.LDAPResultNoSuchObject) {
		slog.Warn("an LDAP group does not exist or may not be read", "group", group)
		return false, nil
	}
	if err != nil {
		return false, explain("members of "+group, err)
	}
	return len(found.Entries) > 0, nil
}
