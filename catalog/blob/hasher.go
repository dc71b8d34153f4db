package blob

import (
	"crypto/sha256"
	"encoding/hex"
)

// hasher computes a SHA-256 on a goroutine of its own, from buffers that go
// round between it and the one who fills them.
type hasher struct {
	full     chan filled
	free     chan *[chunkSize]byte // hashed, to be filled again
	borrowed int                   // from chunkPool so far
	sum      chan string
}

type filled struct {
	buffer *[chunkSize]byte
	n      int // bytes of it that count
}

func startHasher() *hasher {
	h := &hasher{
		full: make(chan filled, chunks),
		free: make(chan *[chunkSize]byte, chunks),
		sum:  make(chan string, 1),
	}
	go h.run()
	return h
}

func (h *hasher) run() {
	sum := sha256.New()
	for chunk := range h.full {
		sum.Write(chunk.buffer[:chunk.n])
		h.free <- chunk.buffer
	}
	h.sum <- hex.EncodeToString(sum.Sum(nil))
}

// buffer returns one to fill. A small upload never borrows more than it needs;
// when all are full it waits for the hash.
func (h *hasher) buffer() *[chunkSize]byte {
	if h.borrowed == chunks {
		return <-h.free
	}
	select {
	case buffer := <-h.free:
		return buffer
	default:
		h.borrowed++
		return chunkPool.Get().(*[chunkSize]byte)
	}
}

// hash takes the buffer back with n bytes to hash.
func (h *hasher) hash(buffer *[chunkSize]byte, n int) { h.full <- filled{buffer, n} }

// finish returns the SHA-256 of everything, in lower-case hexadecimal, and gives
// the buffers back.
func (h *hasher) finish() string {
	close(h.full)
	sum := <-h.sum
	for range h.borrowed {
		chunkPool.Put(<-h.free)
	}
	return sum
}
