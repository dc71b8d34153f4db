package main

import (
	"time"

	"github.com/cairngeo/cairn/tiling"
)

// renderFlags are the limits of how long pictures wait to be drawn.
type renderFlags struct {
	RenderQueue int           `help:"Tiles and thumbnails that wait to be drawn, beyond which requests are answered with 503; 128 a processor if 0."`
	RenderWait  time.Duration `default:"15s" help:"How long a tile or thumbnail waits to be drawn before its request is answered with 503."`
}

func (f renderFlags) apply(to *tiling.Options) { to.Queue, to.Wait = f.RenderQueue, f.RenderWait }
