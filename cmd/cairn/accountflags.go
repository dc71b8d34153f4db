package main

import (
	"time"

	"github.com/cairngeo/cairn/auth"
)

// accountFlags are the rules for accounts that are kept here.
type accountFlags struct {
	TokenDays     int      `default:"7" help:"Days for which a sign-in is good, 1 to 3650."`
	RevokedTokens []string `placeholder:"TOKEN" help:"Tokens that are refused from now on."`
	passwordFlags
	MemberManagement         bool `default:"true" negatable:"" help:"Organizations may have members, whom their owners and administrators add."`
	NewUsersGetOrganizations bool `default:"true" negatable:"" help:"A new user gets an organization of his own."`
}

func (f accountFlags) options() auth.Options {
	return auth.Options{
		TokenLifetime: time.Duration(min(max(f.TokenDays, 1), 3650)) * 24 * time.Hour,
		Revoked:       f.RevokedTokens,
		Policy:        f.policy(),
	}
}

// passwordFlags are what a new password must have.
type passwordFlags struct {
	PasswordMinLength int  `default:"8" help:"Characters that a new password must have."`
	PasswordDigit     bool `default:"true" negatable:"" help:"A new password must have a digit."`
	PasswordUppercase bool `help:"A new password must have an upper-case letter."`
	PasswordLowercase bool `help:"A new password must have a lower-case letter."`
	PasswordSpecial   bool `help:"A new password must have a character that is neither letter nor digit."`
}

func (f passwordFlags) policy() auth.PasswordPolicy {
	return auth.PasswordPolicy{MinLength: f.PasswordMinLength, RequireDigit: f.PasswordDigit, RequireUppercase: f.PasswordUppercase,
		RequireLowercase: f.PasswordLowercase, RequireNonAlphanumeric: f.PasswordSpecial}
}
