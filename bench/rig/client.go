package rig

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"os/exec"
	"time"

	"github.com/cairngeo/cairn/federation/client"
)

// Public is the number of the visibility for datasets that everybody reads.
const Public = 2

func (n *Node) signIn(ctx context.Context) error {
	var login struct{ Token string }
	err := n.call(ctx, http.MethodPost, "/users/authenticate", map[string]any{"username": "admin", "password": password}, &login)
	n.token = login.Token
	return err
}

// CreateDataset makes a Public dataset in the organization "public" and
// returns its address.
func (n *Node) CreateDataset(ctx context.Context, slug string) (string, error) {
	err := n.call(ctx, http.MethodPost, "/orgs/public/ds", map[string]any{"slug": slug, "visibility": Public}, nil)
	return n.URL + "/orgs/public/ds/" + slug, err
}

// Upload sends a file with curl, as people do.
func (n *Node) Upload(ctx context.Context, dataset, path, file string) error {
	out, err := exec.CommandContext(ctx, "curl", "-sS", "--fail-with-body", "-H", "Authorization: Bearer "+n.token,
		"-F", "path="+path, "-F", "file=@"+file, dataset+"/obj").CombinedOutput()
	if err != nil {
		return fmt.Errorf("upload: %w: %s", err, out)
	}
	return nil
}

// Send uploads a file by this process itself.
func (n *Node) Send(ctx context.Context, dataset, path string, content io.Reader) error {
	body, writer := io.Pipe()
	parts := multipart.NewWriter(writer)
	go func() {
		err := parts.WriteField("path", path)
		var file io.Writer
		if err == nil {
			file, err = parts.CreateFormFile("file", "file")
		}
		if err == nil {
			_, err = io.Copy(file, content)
		}
		writer.CloseWithError(errors.Join(err, parts.Close()))
	}()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, dataset+"/obj", body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", parts.FormDataContentType())
	request.Header.Set("Authorization", "Bearer "+n.token)
	response, data, err := fetch(request)
	if err == nil && response.StatusCode != http.StatusCreated {
		err = fmt.Errorf("upload of %s: %s: %s", path, response.Status, data)
	}
	return err
}

// Ask fetches JSON as the administrator.
func (n *Node) Ask(ctx context.Context, path string, answer any) error {
	return n.call(ctx, http.MethodGet, path, nil, answer)
}

// call sends a JSON request and decodes the JSON answer into answer, unless nil.
func (n *Node) call(ctx context.Context, method, path string, body, answer any) error {
	sent, err := json.Marshal(body)
	if err != nil {
		return err
	}
	request, err := http.NewRequestWithContext(ctx, method, n.URL+path, bytes.NewReader(sent))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if n.token != "" {
		request.Header.Set("Authorization", "Bearer "+n.token)
	}
	response, data, err := fetch(request)
	if err != nil {
		return err
	}
	if response.StatusCode >= 300 {
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, data)
	}
	if answer == nil {
		return nil
	}
	return json.Unmarshal(data, answer)
}

// Get fetches an address as an anonymous caller; accept may be empty.
func Get(ctx context.Context, address, accept string) (*http.Response, []byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, nil, err
	}
	request.Header.Set("Accept", accept)
	return fetch(request)
}

// Await fetches an address until it is answered with 200, as long as the
// answer is 503: still being built.
func Await(ctx context.Context, address, accept string) (*http.Response, []byte, error) {
	for {
		response, data, err := Get(ctx, address, accept)
		switch {
		case err != nil || response.StatusCode == http.StatusOK:
			return response, data, err
		case response.StatusCode != http.StatusServiceUnavailable:
			return nil, nil, fmt.Errorf("GET %s: %s: %s", address, response.Status, data)
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return nil, nil, ctx.Err()
		}
	}
}

func fetch(request *http.Request) (*http.Response, []byte, error) {
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, nil, err
	}
	defer response.Body.Close()
	data, err := io.ReadAll(response.Body)
	return response, data, err
}

// Client is Cairn's own client of the node.
func (n *Node) Client() (*client.Client, error) {
	return client.New(n.URL, client.Options{Username: "admin", Password: password})
}
