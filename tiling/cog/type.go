package cog

// Type is the type of a sample.
type Type int

// The types. Unknown is what can't be decoded, complex numbers for instance.
const (
	Unknown Type = iota
	Uint8
	Int8
	Uint16
	Int16
	Uint32
	Int32
	Uint64
	Int64
	Float32
	Float64
)

// typeOf finds the type by the values of the tags SampleFormat and
// BitsPerSample. Unsigned integers of odd sizes get the next larger type.
func typeOf(format, bits int) Type {
	switch {
	case format == 1 && bits >= 1 && bits <= 8:
		return Uint8
	case format == 1 && bits > 8 && bits <= 16:
		return Uint16
	case format == 1 && bits > 16 && bits <= 32:
		return Uint32
	}
	return map[[2]int]Type{{1, 64}: Uint64, {2, 8}: Int8, {2, 16}: Int16, {2, 32}: Int32, {2, 64}: Int64,
		{3, 32}: Float32, {3, 64}: Float64}[[2]int{format, bits}]
}

// Size is the bytes of a sample in memory.
func (t Type) Size() int { return [...]int{0, 1, 1, 2, 2, 4, 4, 8, 8, 4, 8}[t] }

// String is GDAL's name of the type.
func (t Type) String() string {
	return [...]string{"Unknown", "Byte", "Int8", "UInt16", "Int16", "UInt32", "Int32", "UInt64", "Int64", "Float32", "Float64"}[t]
}

// Float tells whether the type is of floating-point numbers.
func (t Type) Float() bool { return t == Float32 || t == Float64 }
