// Package sandbox runs work on files that nobody trusts in processes of their
// own. A C library that crashes, hangs or eats memory over a hostile file takes
// down one child, never the server; its caller gets an error that says so.
//
// The children are the same program: started with a mark in their environment,
// [ServeIfChild] at the start of main makes them wait for calls on a pipe. They
// are kept for the next call, and replaced after many calls.
package sandbox

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"
)

// Function is work that can be done in a child process. In and Out travel in
// encoding/gob: only their exported members do.
type Function[In, Out any] struct {
	name    string
	silence time.Duration
	run     func(context.Context, In, func(percent float64)) (Out, error)
}

// functions are what a child can be asked for: the name is all that travels.
var functions = map[string]func(input []byte, progress func(float64)) ([]byte, error){}

// Register names a function, in a variable of its package, so that parent and
// child know the same ones. A child that neither answers nor makes progress for
// the time of silence is killed.
func Register[In, Out any](name string, silence time.Duration, run func(context.Context, In, func(percent float64)) (Out, error)) Function[In, Out] {
	if _, twice := functions[name]; twice {
		panic(fmt.Sprintf("sandbox: two functions are called %q, besides %q", name, slices.Collect(maps.Keys(functions))))
	}
	functions[name] = func(input []byte, progress func(float64)) ([]byte, error) {
		in, err := decode[In](input)
		if err != nil {
			return nil, err
		}
		out, err := run(context.Background(), in, progress)
		if err != nil {
			return nil, err
		}
		return encode(out)
	}
	return Function[In, Out]{name, silence, run}
}

// Call runs the function in a child of the pool. progress, which may be nil,
// hears of its progress in percent. When ctx is done the child is killed and
// the error is ctx's cause; errors of the function keep their code, message and
// errno. Without a pool (nil) the function runs in this process: that is for
// tools that read their owner's files, and for tests.
func (f Function[In, Out]) Call(ctx context.Context, p *Pool, in In, progress func(percent float64)) (out Out, err error) {
	if progress == nil {
		progress = func(float64) {}
	}
	if p == nil {
		return f.run(ctx, in, progress)
	}
	input, err := encode(in)
	if err != nil {
		return out, err
	}
	output, err := p.call(ctx, request{f.name, input}, f.silence, progress)
	if err != nil {
		return out, err
	}
	return decode[Out](output)
}
