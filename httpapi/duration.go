package httpapi

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// duration is written as hh:mm:ss with seven digits of fraction, and with the
// days before it from one day up.
type duration time.Duration

// MarshalJSON implements json.Marshaler.
func (d duration) MarshalJSON() ([]byte, error) { return json.Marshal(d.String()) }

func (d duration) String() string {
	t := time.Duration(d)
	days, hours, minutes, seconds := t/(24*time.Hour), t/time.Hour%24, t/time.Minute%60, t/time.Second%60
	text := fmt.Sprintf("%02d:%02d:%02d.%07d", hours, minutes, seconds, t%time.Second/100)
	if days > 0 {
		return fmt.Sprintf("%d.%s", days, text)
	}
	return text
}

// Schema implements huma.SchemaProvider.
func (duration) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeString, Pattern: `^(\d+\.)?\d\d:\d\d:\d\d\.\d{7}$`, Examples: []any{"00:00:12.3456789"}}
}
