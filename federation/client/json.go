package client

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"

	"github.com/cairngeo/cairn"
)

// maxJSON bounds an answer in memory: the stamp of a million entries.
const maxJSON = 256 << 20

// readJSON reads the whole answer and closes it.
func (c *Client) readJSON(answer *http.Response, into any) error {
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxJSON+1))
	switch {
	case err != nil:
		return c.failure(err)
	case len(text) > maxJSON:
		return cairn.Errorf(cairn.TooLarge, "The answer of %s is larger than %d MiB.", c.server, maxJSON>>20)
	}
	if err := json.Unmarshal(text, into); err != nil {
		return cairn.Errorf(cairn.Internal, "The answer of %s can't be understood. Is it the address of a registry?", c.server).Because(err)
	}
	return nil
}

// ask sends what may be repeated and reads the answer.
func (c *Client) ask(ctx context.Context, what call, into any) error {
	return c.repeat(ctx, func() error { return c.askOnce(ctx, what, into) })
}

func (c *Client) askOnce(ctx context.Context, what call, into any) error {
	answer, err := c.send(ctx, what)
	if err != nil {
		return err
	}
	if into != nil {
		return c.readJSON(answer, into)
	}
	// What is left makes the connection fit for the next request.
	_, err = io.Copy(io.Discard, io.LimitReader(answer.Body, maxRefusal))
	return errors.Join(err, answer.Body.Close())
}
