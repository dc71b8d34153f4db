package style

import (
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/cairngeo/cairn"
)

// Bounds of an expression, which anybody may send.
const (
	maxExpression = 500 // bytes
	maxNesting    = 50  // parentheses, signs and powers within each other
)

// Compile reads an expression of bands: numbers, + - * / ^, parentheses, the
// functions min, max, sqrt, abs and log (natural), the letters of bands (R, G,
// B, N near infrared, Re red edge, T thermal) and their numbers (b1, b2, …).
// The error is Invalid and says what is wrong where.
func Compile(text string) (*Program, error) {
	if len(text) > maxExpression || !utf8.ValidString(text) {
		return nil, cairn.Errorf(cairn.Invalid, "A formula has at most %d characters.", maxExpression)
	}
	p := &parser{text: text, program: &Program{}}
	p.next()
	result, err := p.sum(0)
	if err == nil && p.token != "" {
		err = p.unexpected()
	}
	if err != nil {
		return nil, err
	}
	p.program.result = result
	return p.program, nil
}

// parser descends recursively, writing the program as it goes.
type parser struct {
	text    string
	at      int    // where the token begins
	rest    int    // where what follows it begins
	token   string // "" at the end
	program *Program
}

// next reads one token: a number, a name, or one character.
func (p *parser) next() {
	for p.rest < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.rest]) >= 0 {
		p.rest++
	}
	p.at = p.rest
	t := p.text[p.at:]
	n := 0
	switch {
	case t == "":
	case digit(t[0]) || t[0] == '.':
		n = numberLength(t)
	case letter(t[0]):
		for n < len(t) && (letter(t[n]) || digit(t[n])) {
			n++
		}
	default:
		_, n = utf8.DecodeRuneInString(t)
	}
	p.token, p.rest = t[:n], p.at+n
}

func digit(c byte) bool  { return c >= '0' && c <= '9' }
func letter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' }

// numberLength is the length of the decimal number that t begins with.
func numberLength(t string) int {
	n := 0
	for n < len(t) && (digit(t[n]) || t[n] == '.') {
		n++
	}
	if n < len(t) && (t[n] == 'e' || t[n] == 'E') {
		exponent := n + 1
		if exponent < len(t) && (t[exponent] == '+' || t[exponent] == '-') {
			exponent++
		}
		if exponent < len(t) && digit(t[exponent]) {
			for n = exponent; n < len(t) && digit(t[n]); n++ {
			}
		}
	}
	return n
}

// take goes past the token if it is the one.
func (p *parser) take(token string) bool {
	if p.token != token {
		return false
	}
	p.next()
	return true
}

func (p *parser) unexpected() error {
	if p.token == "" {
		return cairn.Errorf(cairn.Invalid, "The formula %q is incomplete.", p.text)
	}
	return cairn.Errorf(cairn.Invalid, "The formula %q can't be understood from %q on. (In an address, + is written %%2B.)", p.text, p.text[p.at:])
}

// sum = product { ("+" | "-") product }
func (p *parser) sum(depth int) (operand, error) {
	left, err := p.product(depth)
	for err == nil {
		op := opAdd
		switch {
		case p.take("+"):
		case p.take("-"):
			op = opSubtract
		default:
			return left, nil
		}
		var right operand
		if right, err = p.product(depth); err == nil {
			left = p.program.apply(op, left, right)
		}
	}
	return operand{}, err
}

// product = signed { ("*" | "/") signed }
func (p *parser) product(depth int) (operand, error) {
	left, err := p.signed(depth)
	for err == nil {
		op := opMultiply
		switch {
		case p.take("*"):
		case p.take("/"):
			op = opDivide
		default:
			return left, nil
		}
		var right operand
		if right, err = p.signed(depth); err == nil {
			left = p.program.apply(op, left, right)
		}
	}
	return operand{}, err
}

// signed = ("-" | "+") signed | power
func (p *parser) signed(depth int) (operand, error) {
	if depth > maxNesting {
		return operand{}, cairn.Errorf(cairn.Invalid, "The formula is nested more than %d deep.", maxNesting)
	}
	switch {
	case p.take("+"):
		return p.signed(depth + 1)
	case p.take("-"):
		value, err := p.signed(depth + 1)
		if err != nil {
			return operand{}, err
		}
		return p.program.apply(opSubtract, p.program.constant(0), value), nil
	}
	return p.power(depth)
}

// power = primary [ "^" signed ], so that 2^3^2 is 2^(3^2) and -2^2 is -(2^2)
func (p *parser) power(depth int) (operand, error) {
	base, err := p.primary(depth)
	if err != nil || !p.take("^") {
		return base, err
	}
	exponent, err := p.signed(depth + 1)
	if err != nil {
		return operand{}, err
	}
	return p.program.apply(opPower, base, exponent), nil
}

// primary = number | band | function "(" sum { "," sum } ")" | "(" sum ")"
func (p *parser) primary(depth int) (operand, error) {
	token := p.token
	switch {
	case token == "":
		return operand{}, p.unexpected()
	case p.take("("):
		inner, err := p.sum(depth + 1)
		if err == nil && !p.take(")") {
			err = p.unexpected()
		}
		return inner, err
	case digit(token[0]) || token[0] == '.':
		value, err := strconv.ParseFloat(token, 64)
		if err != nil || math.Abs(value) > math.MaxFloat32 {
			return operand{}, cairn.Errorf(cairn.Invalid, "%q in the formula is not a number.", token)
		}
		p.next()
		return p.program.constant(float32(value)), nil
	case letter(token[0]):
		p.next()
		if f, ok := functions[token]; ok {
			return p.call(token, f, depth)
		}
		if !isBandName(token) {
			return operand{}, cairn.Errorf(cairn.Invalid,
				"%q in the formula is unknown. There are the bands %s, b1, b2, … and the functions min, max, sqrt, abs, log.", token, strings.Join(Letters, ", "))
		}
		return p.program.band(token), nil
	}
	return operand{}, p.unexpected()
}

// functions are the operations with names. Those of one argument ignore the second.
var functions = map[string]operation{"min": opMin, "max": opMax, "sqrt": opRoot, "abs": opAbs, "log": opLog}

// call reads the arguments of a function.
func (p *parser) call(name string, f operation, depth int) (operand, error) {
	if !p.take("(") {
		return operand{}, p.unexpected()
	}
	result, err := p.sum(depth + 1)
	if err != nil {
		return operand{}, err
	}
	n := 1
	for ; p.take(","); n++ {
		argument, err := p.sum(depth + 1)
		if err != nil {
			return operand{}, err
		}
		result = p.program.apply(f, result, argument)
	}
	if !p.take(")") {
		return operand{}, p.unexpected()
	}
	if several := f == opMin || f == opMax; several != (n > 1) {
		return operand{}, cairn.Errorf(cairn.Invalid, "%s in the formula has %d arguments; min and max take two or more, the others one.", name, n)
	}
	if n == 1 {
		result = p.program.apply(f, result, result)
	}
	return result, nil
}

// isBandName tells whether a name is a letter of Letters or b and a number.
func isBandName(name string) bool {
	_, numbered := bandNumber(name)
	return numbered || slices.Contains(Letters, name)
}

// bandNumber reads b1, b2, ….
func bandNumber(name string) (int, bool) {
	digits, ok := strings.CutPrefix(name, "b")
	if !ok || len(digits) > 5 || strings.HasPrefix(digits, "0") {
		return 0, false
	}
	n, err := strconv.ParseUint(digits, 10, 32)
	return int(n), err == nil
}
