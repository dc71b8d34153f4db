package main

import (
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// progressLine is a line on the terminal that shows how far the work is. Where
// stderr is no terminal it writes nothing.
type progressLine struct {
	shown bool // whether it writes at all

	mu          sync.Mutex
	stage       string
	files, of   int
	bytes, size int64
	began, last time.Time
}

func isTerminal(file *os.File) bool {
	_, err := unix.IoctlGetTermios(int(file.Fd()), unix.TCGETS)
	return err == nil
}

func (f remoteFlags) progress() *progressLine {
	return &progressLine{shown: !f.JSON && isTerminal(os.Stderr)}
}

// Begin begins a stage of the work.
func (p *progressLine) Begin(stage string, files int, bytes int64) {
	p.change(true, func() {
		p.stage, p.files, p.of, p.bytes, p.size, p.began = stage, 0, files, 0, bytes, time.Now()
	})
}

// Bytes counts what went by.
func (p *progressLine) Bytes(n int64) { p.change(false, func() { p.bytes += n }) }

// File counts a file that is done.
func (p *progressLine) File() { p.change(false, func() { p.files++ }) }

// end takes the line away.
func (p *progressLine) end() {
	if p.shown {
		fmt.Fprint(os.Stderr, "\r\x1b[K")
	}
}

func (p *progressLine) change(atOnce bool, change func()) {
	if !p.shown {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	change()
	if now := time.Now(); atOnce || now.Sub(p.last) > 100*time.Millisecond {
		p.last = now
		fmt.Fprintf(os.Stderr, "\r\x1b[K%s", p)
	}
}

const barWidth = 24

func (p *progressLine) String() string {
	done := float64(p.files) / float64(max(p.of, 1))
	if p.size > 0 {
		done = float64(p.bytes) / float64(p.size)
	}
	filled := int(barWidth * min(max(done, 0), 1))
	line := fmt.Sprintf("%-11s [%s%s] %d of %s, %s", p.stage, strings.Repeat("#", filled), strings.Repeat(" ", barWidth-filled), min(p.files, p.of), count(p.of, "file"), megabytes(p.bytes))
	if seconds := time.Since(p.began).Seconds(); seconds > 1 {
		line += fmt.Sprintf(", %s/s", megabytes(int64(float64(p.bytes)/seconds)))
	}
	return line
}
