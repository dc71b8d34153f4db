package style

import (
	"math"
	"slices"
)

// Program is a compiled expression. It works on runs of pixels at a time, one
// operation after the other, which is several times faster than pixel by pixel.
// It is immutable once compiled.
type Program struct {
	Bands     []string // the names of its inputs, each once
	constants []float32
	steps     []step
	result    operand
}

// operation is what one step does.
type operation int

const (
	opAdd operation = iota
	opSubtract
	opMultiply
	opDivide
	opPower
	opMin
	opMax
	opRoot
	opAbs
	opLog
)

// operand is an input, a constant or the result of an earlier step.
type operand struct {
	kind  operandKind
	index int
}

type operandKind int

const (
	ofConstant operandKind = iota
	ofBand
	ofStep
)

type step struct {
	op          operation
	left, right operand
}

func (p *Program) constant(v float32) operand {
	p.constants = append(p.constants, v)
	return operand{ofConstant, len(p.constants) - 1}
}

func (p *Program) band(name string) operand {
	i := slices.Index(p.Bands, name)
	if i < 0 {
		i = len(p.Bands)
		p.Bands = append(p.Bands, name)
	}
	return operand{ofBand, i}
}

// apply adds a step, or does it at once if both operands are constants.
func (p *Program) apply(op operation, left, right operand) operand {
	if left.kind == ofConstant && right.kind == ofConstant {
		out := make([]float32, 1)
		op.run(out, p.constants[left.index:][:1], p.constants[right.index:][:1])
		return p.constant(out[0])
	}
	if op == opPower && right.kind == ofConstant && p.constants[right.index] == 2 {
		op, right = opMultiply, left
	}
	p.steps = append(p.steps, step{op, left, right})
	return operand{ofStep, len(p.steps) - 1}
}

// run is the number of pixels worked on at a time: what fits in the first
// level of a processor's cache with the intermediate results.
const run = 256

// tiny is the absolute value below which a denominator counts as 0.
const tiny = 1e-10

// Run computes the expression for each pixel into out. inputs has the values
// of Bands in the same order, as many as out; nil stands for zeros. What can't be
// computed (a division by 0, the root of a negative number) is NaN or infinite.
func (p *Program) Run(out []float32, inputs [][]float32) {
	constants := make([][]float32, len(p.constants))
	for i, v := range p.constants {
		constants[i] = slices.Repeat([]float32{v}, run)
	}
	results := make([][]float32, len(p.steps))
	for i := range results {
		results[i] = make([]float32, run)
	}
	zeros := make([]float32, run)
	for start := 0; start < len(out); start += run {
		n := min(run, len(out)-start)
		value := func(o operand) []float32 {
			switch {
			case o.kind == ofConstant:
				return constants[o.index][:n]
			case o.kind == ofStep:
				return results[o.index][:n]
			case inputs[o.index] == nil:
				return zeros[:n]
			}
			return inputs[o.index][start:][:n]
		}
		for i, s := range p.steps {
			s.op.run(results[i][:n], value(s.left), value(s.right))
		}
		copy(out[start:][:n], value(p.result))
	}
}

// run does the operation for each element; the slices are of one length.
func (op operation) run(out, left, right []float32) {
	left, right = left[:len(out)], right[:len(out)]
	switch op {
	case opAdd:
		for i := range out {
			out[i] = left[i] + right[i]
		}
	case opSubtract:
		for i := range out {
			out[i] = left[i] - right[i]
		}
	case opMultiply:
		for i := range out {
			out[i] = left[i] * right[i]
		}
	case opDivide:
		for i := range out {
			if d := right[i]; d < tiny && d > -tiny {
				out[i] = notANumber
			} else {
				out[i] = left[i] / d
			}
		}
	case opPower:
		for i := range out {
			out[i] = power(left[i], right[i])
		}
	case opMin:
		for i := range out {
			out[i] = min(left[i], right[i])
		}
	case opMax:
		for i := range out {
			out[i] = max(left[i], right[i])
		}
	case opRoot:
		for i := range out {
			out[i] = float32(math.Sqrt(float64(left[i])))
		}
	case opAbs:
		for i := range out {
			out[i] = float32(math.Abs(float64(left[i])))
		}
	case opLog:
		for i := range out {
			out[i] = float32(math.Log(float64(left[i])))
		}
	}
}

var notANumber = float32(math.NaN())

// power is base to the exponent. With a fraction as exponent there is none of
// numbers that are not above 1e-10: near 0 such powers tell nothing of a surface.
func power(base, exponent float32) float32 {
	if base <= tiny && exponent != float32(math.Trunc(float64(exponent))) {
		return notANumber
	}
	return float32(math.Pow(float64(base), float64(exponent)))
}
