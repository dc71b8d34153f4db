package httpapi

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestAccepts(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]bool{
		"image/avif,image/webp,image/apng,*/*;q=0.8": true,
		"image/png, image/webp;q=0.5":                true,
		"image/webp":                                 true,
		"image/webp;q=0":                             false,
		"image/webp; q=0.000, image/png":             false,
		"image/webpx":                                false,
		"image/*,*/*;q=0.8":                          false, // many that say so can't show it
		"":                                           false,
	} {
		assert.Equal(t, want, accepts(header, "image/webp"), header)
	}
}
