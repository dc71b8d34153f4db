package index

import "github.com/cairngeo/cairn"

// row is a row of a file, any value of which may be of any type. Its columns
// are taken one after the other; the first that is wrong is its error.
type row struct {
	values  []any
	targets []any // what Scan wants: pointers to the values
	next    int
	first   string // the text of the first column, to name the row by
	err     error
}

func newRow(columns int) *row {
	r := &row{values: make([]any, columns), targets: make([]any, columns)}
	for i := range r.values {
		r.targets[i] = &r.values[i]
	}
	return r
}

func (r *row) start() { r.next, r.first, r.err = 0, "", nil }

func (r *row) take() (value any) {
	value = r.values[r.next]
	r.next++
	return value
}

// fail notes that a column can't be read.
func (r *row) fail(column string) {
	if r.err == nil {
		r.err = cairn.Errorf(cairn.Invalid, "The index file can't be read: %s of %.300q is wrong.", column, r.first)
	}
}

// text is a text that must be there.
func (r *row) text(column string) string {
	s, ok := r.take().(string)
	if !ok {
		r.fail(column)
	}
	if r.next == 1 {
		r.first = s
	}
	return s
}

// textOr is a text, or the alternative for null.
func (r *row) textOr(column, alternative string) string {
	if r.values[r.next] == nil {
		r.next++
		return alternative
	}
	return r.text(column)
}

// number is an integer, 0 for null.
func (r *row) number(column string) int64 {
	value := r.take()
	n, ok := value.(int64)
	if value != nil && !ok {
		r.fail(column)
	}
	return n
}

// blob is nil for null.
func (r *row) blob(column string) []byte {
	value := r.take()
	b, ok := value.([]byte)
	if value != nil && !ok {
		r.fail(column)
	}
	return b
}
