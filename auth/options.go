package auth

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/cairngeo/cairn"
)

// Options are what the operator says of accounts.
type Options struct {
	TokenLifetime time.Duration // 0: DefaultTokenLifetime
	Policy        PasswordPolicy
	Revoked       []string // tokens that are refused though they would be good
}

// PasswordPolicy says what a password must have. The zero value asks for nothing.
type PasswordPolicy struct {
	MinLength              int  `json:"minLength" doc:"Characters" example:"8"`
	RequireDigit           bool `json:"requireDigit"`
	RequireUppercase       bool `json:"requireUppercase"`
	RequireLowercase       bool `json:"requireLowercase"`
	RequireNonAlphanumeric bool `json:"requireNonAlphanumeric"`
}

// Generate returns a random password that the policy accepts: groups of
// letters and digits.
func (p PasswordPolicy) Generate() string {
	for {
		groups := []string{RandomText(5), RandomText(5), RandomText(5), RandomText(5)}
		for 6*len(groups)-1 < min(p.MinLength, maxPassword-6) {
			groups = append(groups, RandomText(5))
		}
		if password := strings.Join(groups, "-"); p.Check(password) == nil || p.MinLength > len(password) {
			return password
		}
	}
}

// maxPassword bounds the work that a password may cost, in bytes.
const maxPassword = 1024

// Check returns an error that names every rule that the password breaks.
func (p PasswordPolicy) Check(password string) error {
	var broken []string
	need := func(ok bool, rule string) {
		if !ok {
			broken = append(broken, rule)
		}
	}
	has := func(is func(rune) bool) bool { return strings.ContainsFunc(password, is) }
	need(utf8.RuneCountInString(password) >= p.MinLength, fmt.Sprintf("at least %d characters", p.MinLength))
	need(password != "", "it must not be empty")
	need(len(password) <= maxPassword, "at most 1024 bytes")
	need(!p.RequireDigit || has(unicode.IsDigit), "a digit")
	need(!p.RequireUppercase || has(unicode.IsUpper), "an upper-case letter")
	need(!p.RequireLowercase || has(unicode.IsLower), "a lower-case letter")
	need(!p.RequireNonAlphanumeric || has(func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), "a character that is neither letter nor digit")
	if len(broken) == 0 {
		return nil
	}
	return cairn.Errorf(cairn.Invalid, "Password does not meet the requirements: %s", strings.Join(broken, "; "))
}
