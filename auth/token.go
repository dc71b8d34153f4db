package auth

import (
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"
)

// Token is proof of who calls, good until Expires.
type Token struct {
	Text    string
	Expires time.Time
}

// clockSkew is how far apart the clocks of two nodes may be.
const clockSkew = 5 * time.Minute

// claims are what a token says. Clients test that admin is a JSON boolean.
type claims struct {
	UserID     uuid.UUID `json:"unique_name"`
	Admin      bool      `json:"admin"`
	Generation int       `json:"gen"`
	jwt.RegisteredClaims
}

// sign makes a token for the user. The random jti makes no two tokens equal.
func sign(secret []byte, u *User, lifetime time.Duration) (Token, error) {
	now := time.Now()
	expires := now.Add(lifetime)
	text, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		UserID: u.ID, Admin: u.Has(RoleAdmin), Generation: u.generation,
		RegisteredClaims: jwt.RegisteredClaims{
			ID:        uuid.NewString(),
			NotBefore: jwt.NewNumericDate(now), IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(expires),
		},
	}).SignedString(secret)
	return Token{text, expires}, err
}

// verify returns what a token says if its signature and times are right.
func verify(secret []byte, text string) (*claims, error) {
	var c claims
	_, err := jwt.ParseWithClaims(text, &c, func(*jwt.Token) (any, error) { return secret, nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Name}), jwt.WithLeeway(clockSkew), jwt.WithExpirationRequired())
	return &c, err
}

// signed returns what the signature of a token stands for. Tokens are told
// apart by it, since a signature can be written in several ways.
func signed(text string) string { return text[:max(strings.LastIndexByte(text, '.'), 0)] }
