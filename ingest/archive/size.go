package archive

import (
	"iter"
	"math"
)

// What a zip has beside the bytes and names of its members.
const (
	localHeader    = 30
	centralHeader  = 46
	timestamp      = 9  // extra field with the time of modification, in both headers
	descriptor     = 16 // after the bytes of a file
	descriptor64   = 24
	centralExtra64 = 28
	endRecord      = 22
	endRecords64   = 56 + 20
	many           = math.MaxUint16 // from here on
	large          = math.MaxUint32 // numbers are written with 64 bits
)

// Size returns the length of the zip that Write makes of the members.
func Size(members iter.Seq2[Member, error]) (int64, error) {
	var count, before, central int64
	for m, err := range members {
		if err != nil {
			return 0, err
		}
		count++
		central += centralHeader + int64(len(m.Name)) + timestamp
		if m.Size >= large || before >= large {
			central += centralExtra64
		}
		before += localHeader + int64(len(m.Name)) + timestamp
		switch {
		case m.Open == nil: // a folder
		case m.Size >= large:
			before += m.Size + descriptor64
		default:
			before += m.Size + descriptor
		}
	}
	size := before + central + endRecord
	if count >= many || before >= large || central >= large {
		size += endRecords64
	}
	return size, nil
}
