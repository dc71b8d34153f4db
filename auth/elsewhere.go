package auth

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/google/uuid"
	"github.com/hashicorp/golang-lru/v2/expirable"
)

const (
	// A GIS tool sends the password with every tile. A directory is asked once a
	// minute, so a password that was changed there holds out that long here.
	rememberedFor  = time.Minute
	rememberedMost = 10_000
	// A directory that did not answer is left alone for a moment, so that its
	// silence does not hold up everybody who comes.
	pauseFor = 3 * time.Second
)

// elsewhere asks a directory about whoever has no password here.
type elsewhere struct {
	directory Directory
	key       []byte // of the hashes in known; it is never stored
	known     *expirable.LRU[[sha256.Size]byte, proven]
	resume    atomic.Int64 // Unix nanoseconds; before it the directory is not asked
}

// proven is the account that credentials have proven to belong to. A changed
// account has another generation.
type proven struct {
	id         uuid.UUID
	generation int
}

// LookIn makes people who have no password here sign in with what the
// directory knows of them. It must be called before the first request.
func (u *Users) LookIn(d Directory) {
	key := make([]byte, sha256.Size)
	rand.Read(key)
	u.elsewhere = &elsewhere{directory: d, key: key, known: expirable.NewLRU[[sha256.Size]byte, proven](rememberedMost, nil, rememberedFor)}
}

// ManagedElsewhere tells whether accounts are made and changed in a directory.
func (u *Users) ManagedElsewhere() bool { return u.elsewhere != nil }

// MayManage returns an error where accounts are made and changed in a directory.
func (u *Users) MayManage() error {
	if !u.ManagedElsewhere() {
		return nil
	}
	return cairn.Errorf(cairn.Invalid, "Users are managed in the directory that they sign in with, not here.")
}

// checkElsewhere returns the user whom the directory knows by the credentials.
func (u *Users) checkElsewhere(ctx context.Context, c Credentials) (*User, error) {
	e := u.elsewhere
	if c.Token == "" && (!typeable(c.Name) || c.Password == "") {
		return nil, errRejected()
	}
	proof := e.proof(c)
	if user, err := u.remembered(ctx, proof); user != nil || err != nil {
		return user, err
	}
	person, err := e.ask(ctx, c)
	if err != nil {
		return nil, err
	}
	user, err := u.admit(ctx, person)
	if err != nil {
		return nil, err
	}
	e.known.Add(proof, proven{user.ID, user.generation})
	return user, nil
}

// remembered returns the user who has proven to have the credentials and has
// not been changed since; nil if there is none.
func (u *Users) remembered(ctx context.Context, proof [sha256.Size]byte) (*User, error) {
	known, ok := u.elsewhere.known.Get(proof)
	if !ok {
		return nil, nil
	}
	user, err := u.byID(ctx, known.id)
	if err != nil || user == nil || user.generation != known.generation {
		return nil, err
	}
	return user, nil
}

// proof is what credentials are remembered as.
func (e *elsewhere) proof(c Credentials) (sum [sha256.Size]byte) {
	mac := hmac.New(sha256.New, e.key)
	for _, part := range []string{c.Name, c.Password, c.Token} {
		mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part))))
		mac.Write([]byte(part))
	}
	mac.Sum(sum[:0])
	return sum
}

func (e *elsewhere) ask(ctx context.Context, c Credentials) (*Person, error) {
	if time.Now().UnixNano() < e.resume.Load() {
		return nil, errNoDirectory()
	}
	person, err := e.directory.Check(ctx, c)
	switch {
	case err == nil:
		return person, nil
	case cairn.CodeOf(err) == cairn.Unauthenticated:
		slog.Info("the directory refused a login", "name", c.Name, "reason", err)
		return nil, errRejected()
	case ctx.Err() != nil: // who asked has gone
		return nil, ctx.Err()
	}
	slog.Error("the directory can't tell who signs in", "error", err)
	e.resume.Store(time.Now().Add(pauseFor).UnixNano())
	return nil, errNoDirectory().Because(err)
}

func errNoDirectory() *cairn.Error {
	e := cairn.Errorf(cairn.Unavailable, "The directory that knows the users can't be asked right now. Try again.")
	e.RetryAfter = pauseFor
	return e
}
