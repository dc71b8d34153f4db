package archive

import (
	"iter"
	"math"
)

// What a zip has beside the bytes and names of its members, in bytes.
const (
	localHeader    = 30
	centralHeader  = 46
	timestamp      = 9  // extra field with the time of modification, in both headers
	descriptor     = 16 // after the content of a file
	descriptor64   = 24
	centralExtra64 = 28
	endRecord      = 22
	endRecord64    = 56
	endLocator64   = 20
)

// From these on, numbers are written where there is room for larger ones.
const (
	many  = math.MaxUint16
	large = math.MaxUint32
)

// layout is where things lie in a zip of the members so far.
type layout struct {
	count   int64
	local   int64 // bytes of headers and contents, which come first
	central int64 // bytes of the directory, which follows
}

// add returns where the header of the next member begins.
func (l *layout) add(m Member) (offset int64) {
	offset = l.local
	l.count++
	l.central += centralHeader + int64(len(m.Name)) + timestamp
	if m.Size >= large || offset >= large {
		l.central += centralExtra64
	}
	l.local += localHeader + int64(len(m.Name)) + timestamp
	switch {
	case m.Open == nil: // a folder
	case m.Size >= large:
		l.local += m.Size + descriptor64
	default:
		l.local += m.Size + descriptor
	}
	return offset
}

// wide tells whether the end of the zip needs larger numbers.
func (l *layout) wide() bool { return l.count >= many || l.local >= large || l.central >= large }

func (l *layout) size() int64 {
	size := l.local + l.central + endRecord
	if l.wide() {
		size += endRecord64 + endLocator64
	}
	return size
}

// Size returns the length of the zip that Write makes of the members.
func Size(members iter.Seq2[Member, error]) (int64, error) {
	var l layout
	for m, err := range members {
		if err != nil {
			return 0, err
		}
		l.add(m)
	}
	return l.size(), nil
}
