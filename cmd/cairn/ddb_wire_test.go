package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// generation is how a release of the native client writes its requests
// (sections 1 and 3 of the protocol).
type generation struct {
	name      string
	agent     string
	encodings string // what it can decode; empty: it sends no Accept-Encoding
	formEnd   string // what follows the last field of a form
	expects   bool   // asks before it sends a form of more than a MiB
	libcurl   bool   // speaks libcurl itself: unreadable answers are errors, not crashes
}

var (
	g5 = generation{name: "1.11.4", agent: "curl/7.88.1", encodings: "deflate, gzip, br, zstd"}
	g3 = generation{name: "1.0.13", agent: "dronedb-agent/1.0.13 (git commit 4fca0b7)", formEnd: "&", expects: true, libcurl: true}
)

// generations are those whose requests were recorded.
var generations = []generation{g5, g3}

// ddb is the native client as a server sees it: a connection for each request,
// written byte for byte as that generation writes it.
type ddb struct {
	generation
	base  string // http://host:port
	token string // of the last login; empty: nobody's
}

// as is the client after a login that gave c its token.
func (g generation) as(c client) ddb { return ddb{g, c.base, c.token} }

// cookie is how reads show the token, also when there is none.
func (d ddb) cookie() string { return "Cookie: jwtToken=" + d.token }

// bearer is how push and share show it.
func (d ddb) bearer() string { return "Authorization: Bearer " + d.token }

// get reads an address, which is not escaped any further.
func (d ddb) get(t *testing.T, path string) answer {
	t.Helper()
	return d.exchange(t, d.head("GET", path, d.cookie()), nil)
}

// ask posts fields, pairs of name and value, as the reads do that need a form.
func (d ddb) ask(t *testing.T, path string, fields ...string) answer {
	t.Helper()
	return d.form(t, path, d.cookie(), fields...)
}

// post posts fields as the steps of push and share do.
func (d ddb) post(t *testing.T, path string, fields ...string) answer {
	t.Helper()
	return d.form(t, path, d.bearer(), fields...)
}

func (d ddb) form(t *testing.T, path, credentials string, fields ...string) answer {
	t.Helper()
	head, body := d.urlEncoded(path, credentials, fields...)
	return d.exchange(t, head, strings.NewReader(body))
}

func (d ddb) urlEncoded(path, credentials string, fields ...string) (head, body string) {
	body = d.encode(fields...)
	lines := []string{credentials, fmt.Sprintf("Content-Length: %d", len(body)), "Content-Type: application/x-www-form-urlencoded"}
	if d.expects && len(body) > 1<<20 {
		lines = append(lines, "Expect: 100-continue")
	}
	return d.head("POST", path, lines...), body
}

// encode is a form in the client's encoding: RFC 3986, in the order given.
func (d ddb) encode(fields ...string) string {
	var form strings.Builder
	for i := 0; i < len(fields); i += 2 {
		if i > 0 {
			form.WriteByte('&')
		}
		form.WriteString(fields[i] + "=" + percent(fields[i+1]))
	}
	if form.Len() > 0 {
		form.WriteString(d.formEnd)
	}
	return form.String()
}

// percent encodes all bytes but the unreserved ones.
func percent(text string) string {
	const unreserved, digits = "-._~", "0123456789ABCDEF"
	encoded := make([]byte, 0, len(text)*3/2)
	for i := range len(text) {
		b := text[i]
		if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || strings.IndexByte(unreserved, b) >= 0 {
			encoded = append(encoded, b)
		} else {
			encoded = append(encoded, '%', digits[b>>4], digits[b&15])
		}
	}
	return string(encoded)
}

// part is a field of a multipart body, or a file if it has a name.
type part struct {
	name, filename string
	content        string
}

// send posts parts as push/upload and share/upload do.
func (d ddb) send(t *testing.T, path string, parts ...part) answer {
	t.Helper()
	head, body := d.multipart(path, parts...)
	return d.exchange(t, head, strings.NewReader(body))
}

func (d ddb) multipart(path string, parts ...part) (head, body string) {
	boundary := fmt.Sprintf("------------------------%016x", rand.Uint64())
	var all strings.Builder
	for _, p := range parts {
		fmt.Fprintf(&all, "--%s\r\nContent-Disposition: form-data; name=\"%s\"", boundary, p.name)
		if p.filename != "" {
			fmt.Fprintf(&all, "; filename=\"%s\"\r\nContent-Type: %s", strings.ReplaceAll(p.filename, `"`, "%22"), guessedType(p.filename))
		}
		fmt.Fprintf(&all, "\r\n\r\n%s\r\n", p.content)
	}
	fmt.Fprintf(&all, "--%s--\r\n", boundary)
	head = d.head("POST", path, d.bearer(), fmt.Sprintf("Content-Length: %d", all.Len()), "Content-Type: multipart/form-data; boundary="+boundary)
	return head, all.String()
}

// guessedType is what libcurl says of a file, by its extension.
func guessedType(filename string) string {
	for extension, guess := range map[string]string{".gif": "image/gif", ".jpg": "image/jpeg", ".jpeg": "image/jpeg", ".png": "image/png", ".txt": "text/plain",
		".htm": "text/html", ".html": "text/html", ".pdf": "application/pdf", ".xml": "application/xml"} {
		if strings.HasSuffix(strings.ToLower(filename), extension) {
			return guess
		}
	}
	return "application/octet-stream"
}

// head is everything before the body; lines follow the ones that all requests have.
func (d ddb) head(method, path string, lines ...string) string {
	head := method + " " + path + " HTTP/1.1\r\nHost: " + strings.TrimPrefix(d.base, "http://") + "\r\nUser-Agent: " + d.agent + "\r\nAccept: */*\r\n"
	if d.encodings != "" {
		head += "Accept-Encoding: " + d.encodings + "\r\n"
	}
	for _, line := range lines {
		if line != "" {
			head += line + "\r\n"
		}
	}
	return head + "\r\n"
}

// exchange writes a request to a connection of its own and reads the answer,
// whose body it unpacks.
func (d ddb) exchange(t *testing.T, head string, body io.Reader) answer {
	t.Helper()
	a, err := d.tryExchange(head, body)
	require.NoError(t, err)
	require.NoError(t, a.unpack(d.encodings))
	return a
}

func (d ddb) tryExchange(head string, body io.Reader) (answer, error) {
	connection, err := net.Dial("tcp", strings.TrimPrefix(d.base, "http://"))
	if err != nil {
		return answer{}, err
	}
	defer connection.Close()
	if err := connection.SetDeadline(time.Now().Add(2 * time.Minute)); err != nil {
		return answer{}, err
	}
	if _, err := io.WriteString(connection, head); err != nil {
		return answer{}, err
	}
	method, _, _ := strings.Cut(head, " ")
	answers := bufio.NewReader(connection)
	if strings.Contains(head, "\r\nExpect: 100-continue\r\n") {
		wanted, err := isWanted(connection, answers)
		if err != nil {
			return answer{}, err
		}
		if !wanted {
			return readAnswer(answers, method)
		}
	}
	var sent error
	if body != nil {
		_, sent = io.Copy(connection, body)
	}
	a, err := readAnswer(answers, method)
	if err != nil { // else a body that broke off was refused before it was sent
		return answer{}, errors.Join(sent, err)
	}
	return a, nil
}

// isWanted waits a second for the server to ask for the body, as libcurl
// does, and tells whether to send it.
func isWanted(connection net.Conn, answers *bufio.Reader) (bool, error) {
	deadline := time.Now().Add(2 * time.Minute)
	if err := connection.SetReadDeadline(time.Now().Add(time.Second)); err != nil {
		return false, err
	}
	line, err := answers.Peek(len("HTTP/1.1 100"))
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return false, err
	}
	return err != nil || bytes.HasSuffix(line, []byte(" 100")), connection.SetReadDeadline(deadline)
}

// readAnswer reads the answer behind interim ones.
func readAnswer(answers *bufio.Reader, method string) (answer, error) {
	for {
		response, err := http.ReadResponse(answers, &http.Request{Method: method})
		if err != nil {
			return answer{}, err
		}
		if response.StatusCode < 200 {
			continue
		}
		content, err := io.ReadAll(response.Body)
		return answer{response.StatusCode, response.Header, content}, errors.Join(err, response.Body.Close())
	}
}

// unpack decodes the body, which must be in one of the encodings.
func (a *answer) unpack(encodings string) error {
	encoding := a.header.Get("Content-Encoding")
	switch {
	case encoding == "":
		return nil
	case encoding != "gzip" || !strings.Contains(encodings, encoding):
		return fmt.Errorf("the client asked for %q and got %q", encodings, encoding)
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(a.body))
	if err != nil {
		return err
	}
	a.body, err = io.ReadAll(unpacked)
	return err
}
