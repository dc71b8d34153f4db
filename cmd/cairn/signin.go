package main

import (
	"strings"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
)

// signIn is where people's names and passwords are kept, if not here.
type signIn struct {
	ExternalLogin    string   `placeholder:"URL" xor:"elsewhere" help:"Web service that checks names and passwords: it gets them as a form and answers a JSON object with, if it likes, username, email and roles; 401 means no. See docs/authentication.md."`
	LDAPURL          string   `name:"ldap-url" placeholder:"URL" xor:"elsewhere" help:"LDAP server that checks names and passwords: ldaps://ldap.example.com. See docs/authentication.md."`
	LDAPStartTLS     bool     `name:"ldap-start-tls" help:"Encrypt the connection to an ldap:// address by StartTLS."`
	LDAPCA           string   `name:"ldap-ca" type:"existingfile" help:"File with the certificates (PEM) that the LDAP server's must be signed by. The system's if not given."`
	LDAPBindDN       string   `name:"ldap-bind-dn" placeholder:"DN" help:"Account that searches people and reads groups. Anonymous if not given."`
	LDAPBindPassword string   `name:"ldap-bind-password" help:"Password of that account; better given as CAIRN_LDAP_BIND_PASSWORD."`
	LDAPBaseDN       string   `name:"ldap-base-dn" placeholder:"DN" help:"Where people are searched: ou=people,dc=example,dc=com"`
	LDAPUserFilter   string   `name:"ldap-user-filter" placeholder:"FILTER" help:"How somebody is found by the name typed, {user}: (&(objectClass=person)(|(uid={user})(mail={user}))). (uid={user}) if not given."`
	LDAPUserDN       string   `name:"ldap-user-dn" placeholder:"DN" help:"In place of a search: uid={user},ou=people,dc=example,dc=com"`
	LDAPName         string   `name:"ldap-name-attribute" default:"uid" help:"Attribute with the user name; sAMAccountName in Active Directory."`
	LDAPEmail        string   `name:"ldap-email-attribute" default:"mail" help:"Attribute with the e-mail address."`
	LDAPRoles        []string `name:"ldap-role" sep:";" placeholder:"ROLE=DN" help:"Role of a group's members: admin=cn=admins,ou=groups,dc=example,dc=com. May be repeated."`
	LDAPRequired     string   `name:"ldap-require-group" placeholder:"DN" help:"Group whose members alone may sign in."`
}

// apply makes the users sign in where the operator says.
func (s signIn) apply(users *auth.Users) error {
	switch {
	case s.ExternalLogin != "":
		directory, err := auth.NewExternal(s.ExternalLogin)
		if err != nil {
			return err
		}
		users.LookIn(directory)
	case s.LDAPURL != "":
		roles, err := s.roles()
		if err != nil {
			return err
		}
		directory, err := auth.NewLDAP(auth.LDAPConfig{URL: s.LDAPURL, StartTLS: s.LDAPStartTLS, CAFile: s.LDAPCA,
			BindDN: s.LDAPBindDN, BindPassword: s.LDAPBindPassword, BaseDN: s.LDAPBaseDN, UserDN: s.LDAPUserDN, UserFilter: s.LDAPUserFilter,
			Name: s.LDAPName, Email: s.LDAPEmail, Roles: roles, Required: s.LDAPRequired})
		if err != nil {
			return err
		}
		users.LookIn(directory)
	}
	return nil
}

func (s signIn) roles() ([]auth.RoleRule, error) {
	var rules []auth.RoleRule
	for _, text := range s.LDAPRoles {
		role, group, _ := strings.Cut(text, "=")
		if role == "" || group == "" {
			return nil, cairn.Errorf(cairn.Invalid, "--ldap-role %q must be a role and a group: admin=cn=admins,ou=groups,dc=example,dc=com", text)
		}
		rules = append(rules, auth.RoleRule{Role: role, GroupDN: group})
	}
	return rules, nil
}
