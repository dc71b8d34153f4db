package archive

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"time"
	"unicode/utf8"
)

// Write writes the members as a zip: stored, not compressed, so that its
// length is known before. It goes through them twice, which must give the
// same, because the directory at the end tells of all of them again: so a
// million members take the memory of their checksums.
func Write(ctx context.Context, w io.Writer, members iter.Seq2[Member, error]) error {
	z := &zipWriter{bufio.NewWriterSize(w, 16<<10)}
	var sums []uint32
	var written layout
	for m, err := range members {
		if err != nil {
			return err
		}
		written.add(m)
		sum, err := z.member(ctx, m)
		if err != nil {
			return fmt.Errorf("zip %q: %w", m.Name, err)
		}
		sums = append(sums, sum)
	}
	var listed layout
	for m, err := range members {
		if err != nil {
			return err
		}
		if int(listed.count) == len(sums) {
			return errChanged
		}
		sum := sums[listed.count]
		z.central(m, sum, listed.add(m))
	}
	if listed != written {
		return errChanged
	}
	z.end(&listed)
	return z.Flush()
}

var errChanged = errors.New("zip: the members changed while they were written")

// Signatures, versions and flags of the format.
const (
	localSignature      = 0x04034b50
	descriptorSignature = 0x08074b50
	centralSignature    = 0x02014b50
	endSignature        = 0x06054b50
	end64Signature      = 0x06064b50
	locator64Signature  = 0x07064b50

	version   = 20
	version64 = 45

	hasDescriptor = 0x8
	isUTF8        = 0x800

	timestampID = 0x5455
	sizes64ID   = 0x0001
)

// zipWriter writes what a zip is made of. An error stays until it is flushed.
type zipWriter struct{ *bufio.Writer }

// put writes numbers, each with as many bytes as its type has.
func (z *zipWriter) put(numbers ...any) {
	b := z.AvailableBuffer()
	for _, n := range numbers {
		switch n := n.(type) {
		case uint16:
			b = binary.LittleEndian.AppendUint16(b, n)
		case uint32:
			b = binary.LittleEndian.AppendUint32(b, n)
		case uint64:
			b = binary.LittleEndian.AppendUint64(b, n)
		}
	}
	z.Write(b)
}

// member writes header and content, and returns the checksum of the content.
func (z *zipWriter) member(ctx context.Context, m Member) (sum uint32, err error) {
	z.put(uint32(localSignature), uint16(version), m.flags(), uint16(0), m.dosTime(), m.dosDate())
	z.put(uint32(0), uint32(0), uint32(0)) // the descriptor has checksum and sizes
	z.put(uint16(len(m.Name)), uint16(timestamp))
	z.WriteString(m.Name)
	z.timestamp(m)
	if m.Open == nil {
		return 0, nil
	}
	if sum, err = z.content(ctx, m); err != nil {
		return 0, err
	}
	z.put(uint32(descriptorSignature), sum)
	if m.Size >= large {
		z.put(uint64(m.Size), uint64(m.Size))
	} else {
		z.put(uint32(m.Size), uint32(m.Size))
	}
	return sum, nil
}

func (z *zipWriter) content(ctx context.Context, m Member) (uint32, error) {
	file, err := m.Open(ctx)
	if err != nil {
		return 0, err
	}
	defer file.Close()
	sum := crc32.NewIEEE()
	n, err := io.Copy(io.MultiWriter(z, sum), file)
	if err == nil && n != m.Size {
		err = fmt.Errorf("it has %d bytes instead of %d", n, m.Size)
	}
	return sum.Sum32(), err
}

// central writes a member's line of the directory.
func (z *zipWriter) central(m Member, sum uint32, offset int64) {
	reader, extra, size := uint16(version), uint16(timestamp), uint32(m.Size)
	wide := m.Size >= large || offset >= large
	if wide {
		reader, extra, size = version64, timestamp+centralExtra64, large
	}
	z.put(uint32(centralSignature), uint16(version), reader, m.flags(), uint16(0), m.dosTime(), m.dosDate(), sum, size, size)
	z.put(uint16(len(m.Name)), extra, uint16(0), uint16(0), uint16(0), uint32(0)) // no comment, first disk, no attributes
	z.put(uint32(min(offset, large)))
	z.WriteString(m.Name)
	z.timestamp(m)
	if wide {
		z.put(uint16(sizes64ID), uint16(centralExtra64-4), uint64(m.Size), uint64(m.Size), uint64(offset))
	}
}

// end writes what tells where the directory is.
func (z *zipWriter) end(l *layout) {
	count, central, local := uint16(l.count), uint32(l.central), uint32(l.local)
	if l.wide() {
		count, central, local = many, large, large
		z.put(uint32(end64Signature), uint64(endRecord64-12), uint16(version64), uint16(version64), uint32(0), uint32(0))
		z.put(uint64(l.count), uint64(l.count), uint64(l.central), uint64(l.local))
		z.put(uint32(locator64Signature), uint32(0), uint64(l.local+l.central), uint32(1))
	}
	z.put(uint32(endSignature), uint16(0), uint16(0), count, count, central, local, uint16(0))
}

// timestamp writes the extra field with the time of modification in UTC.
func (z *zipWriter) timestamp(m Member) {
	z.put(uint16(timestampID), uint16(timestamp-4))
	z.WriteByte(1)
	z.put(uint32(m.Modified.Unix()))
}

func (m *Member) flags() (flags uint16) {
	if m.Open != nil {
		flags = hasDescriptor
	}
	for i := range len(m.Name) {
		if m.Name[i] >= utf8.RuneSelf {
			return flags | isUTF8
		}
	}
	return flags
}

// The time for programs that know no other, from 1980 on in steps of two seconds.
func (m *Member) dosTime() uint16 {
	t := m.legacy()
	return uint16(t.Second()/2 + t.Minute()<<5 + t.Hour()<<11)
}

func (m *Member) dosDate() uint16 {
	t := m.legacy()
	return uint16(t.Day() + int(t.Month())<<5 + (t.Year()-1980)<<9)
}

func (m *Member) legacy() time.Time {
	t := m.Modified.UTC()
	if first := time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC); t.Before(first) {
		return first
	}
	return t
}
