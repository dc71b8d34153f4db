package httpapi

import (
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/go-chi/chi/v5"
)

// fold spells the path of a request as the routes do: literals of a route
// match ignoring case, and a trailing slash or a doubled one at the very
// beginning is dropped. Parameters and the rest of a path stay as they are.
// It does so before routing, since /users/ChangePwd would otherwise be taken
// for the user ChangePwd. The routes must be complete with the first request.
func fold(routes chi.Routes) func(http.Handler) http.Handler {
	words := sync.OnceValue(func() *words { return wordsOf(routes) })
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			sent := routePath(r)
			if folded := words().fold(sent); folded != sent {
				chi.RouteContext(r.Context()).RoutePath = folded
			}
			next.ServeHTTP(w, r)
		})
	}
}

// routePath is the path that chi routes by: still percent-encoded if that
// makes a difference.
func routePath(r *http.Request) string {
	if rctx := chi.RouteContext(r.Context()); rctx != nil && rctx.RoutePath != "" {
		return rctx.RoutePath
	}
	if r.URL.RawPath != "" {
		return r.URL.RawPath
	}
	return r.URL.Path
}

// words is a node of the tree of route patterns, one level for each segment.
type words struct {
	literals map[string]*words // by lower-case segment
	spelt    string            // the segment as the route has it
	mixed    []*mixedSegment   // literals and parameters in one segment
	param    *words
	end      bool // a route ends here
	rest     bool // a route takes the rest of the path
}

// mixedSegment is a segment such as {y}@2x.png.
type mixedSegment struct {
	pattern string
	form    *regexp.Regexp // one group for each parameter
	pieces  []string       // the literals around the parameters
	next    *words
}

func wordsOf(routes chi.Routes) *words {
	root := &words{}
	// Walk passes on the errors of its callback, which has none.
	_ = chi.Walk(routes, func(_, route string, _ http.Handler, _ ...func(http.Handler) http.Handler) error {
		node := root
		for _, segment := range segments(strings.TrimPrefix(route, "/")) {
			if segment == "*" {
				node.rest = true
				return nil
			}
			node = node.add(segment)
		}
		node.end = true
		return nil
	})
	return root
}

// segments splits a pattern at the slashes outside braces.
func segments(pattern string) []string {
	depth, start := 0, 0
	var out []string
	for i, c := range pattern {
		switch {
		case c == '{':
			depth++
		case c == '}':
			depth--
		case c == '/' && depth == 0:
			out = append(out, pattern[start:i])
			start = i + 1
		}
	}
	return append(out, pattern[start:])
}

func (n *words) add(segment string) *words {
	pieces, forms := pieces(segment)
	switch {
	case len(forms) == 0:
		if n.literals == nil {
			n.literals = map[string]*words{}
		}
		key := strings.ToLower(segment)
		if n.literals[key] == nil {
			n.literals[key] = &words{spelt: segment}
		}
		return n.literals[key]
	case len(forms) == 1 && pieces[0] == "" && pieces[1] == "":
		if n.param == nil {
			n.param = &words{}
		}
		return n.param
	}
	for _, m := range n.mixed {
		if m.pattern == segment {
			return m.next
		}
	}
	form := "^(?i:" + regexp.QuoteMeta(pieces[0]) + ")"
	for i, f := range forms {
		form += "(" + f + ")(?i:" + regexp.QuoteMeta(pieces[i+1]) + ")"
	}
	m := &mixedSegment{segment, regexp.MustCompile(form + "$"), pieces, &words{}}
	n.mixed = append(n.mixed, m)
	return m.next
}

// pieces cuts a segment into the literals around its parameters and the
// regular expressions of these, without groups of their own.
func pieces(segment string) (literals, forms []string) {
	depth, start := 0, 0
	for i, c := range segment {
		switch c {
		case '{':
			if depth == 0 {
				literals = append(literals, segment[start:i])
				start = i + 1
			}
			depth++
		case '}':
			depth--
			if depth == 0 {
				_, form, ok := strings.Cut(segment[start:i], ":")
				if !ok {
					form = ".+?"
				}
				forms = append(forms, "(?:"+strings.Trim(form, "^$")+")")
				start = i + 1
			}
		}
	}
	return append(literals, segment[start:]), forms
}

// fold returns the path as the routes spell it, or unchanged if there is no
// route for it.
func (n *words) fold(path string) string {
	if strings.HasPrefix(path, "//") {
		path = path[1:]
	}
	if path == "/" || !strings.HasPrefix(path, "/") {
		return path
	}
	if folded, ok := n.match(path[1:], true); ok {
		return folded
	}
	return path
}

// match spells the rest of a path, which begins after a slash; more is false
// at its end.
func (n *words) match(path string, more bool) (string, bool) {
	if n.end && path == "" {
		return "", true // with or without a trailing slash
	}
	if !more {
		return "", false
	}
	segment, rest, more := strings.Cut(path, "/")
	if next := n.literals[strings.ToLower(segment)]; next != nil {
		if tail, ok := next.match(rest, more); ok {
			return "/" + next.spelt + tail, true
		}
	}
	for _, m := range n.mixed {
		if groups := m.form.FindStringSubmatch(segment); groups != nil {
			if tail, ok := m.next.match(rest, more); ok {
				return "/" + m.spell(groups[1:]) + tail, true
			}
		}
	}
	if n.param != nil && segment != "" {
		if tail, ok := n.param.match(rest, more); ok {
			return "/" + segment + tail, true
		}
	}
	if n.rest {
		return "/" + path, true
	}
	return "", false
}

func (m *mixedSegment) spell(params []string) string {
	out := m.pieces[0]
	for i, p := range params {
		out += p + m.pieces[i+1]
	}
	return out
}
