package httpapi

import (
	"context"
	"net"
	"net/http"
	"net/netip"
	"regexp"
	"slices"
	"strings"
)

// loopback is trusted unless configured otherwise: the usual reverse proxy
// runs on the same machine.
var loopback = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}

// origin decides what the outside calls this server, and who is calling.
type origin struct {
	external string         // scheme://host[:port], wins over everything
	trusted  []netip.Prefix // proxies whose X-Forwarded-* count
}

type originKey struct{}

// middleware makes baseURL and clientAddress work on the requests behind it.
func (o *origin) middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), originKey{}, o)))
	})
}

func originOf(r *http.Request) *origin {
	if o, ok := r.Context().Value(originKey{}).(*origin); ok {
		return o
	}
	return &origin{}
}

// baseURL returns scheme://host[:port] as the caller knows this server: the
// configured external URL, else what a trusted proxy says, else the request.
func baseURL(r *http.Request) string {
	o := originOf(r)
	if o.external != "" {
		return o.external
	}
	scheme, host := o.scheme(r), r.Host
	if forwarded := o.forwarded(r, "X-Forwarded-Host"); hostForm.MatchString(forwarded) {
		host = forwarded
	}
	port := map[string]string{"http": ":80", "https": ":443"}[scheme]
	return scheme + "://" + strings.TrimSuffix(host, port)
}

var hostForm = regexp.MustCompile(`^([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?$`)

func (o *origin) scheme(r *http.Request) string {
	if scheme, _, ok := strings.Cut(o.external, "://"); ok {
		return scheme
	}
	if scheme := strings.ToLower(o.forwarded(r, "X-Forwarded-Proto")); scheme == "http" || scheme == "https" {
		return scheme
	}
	if r.TLS != nil {
		return "https"
	}
	return "http"
}

// forwarded returns what the nearest proxy put into a header, "" if it is not
// trusted. Earlier values in the list may come from anybody.
func (o *origin) forwarded(r *http.Request, header string) string {
	values := r.Header.Values(header)
	if len(values) == 0 || !o.trusts(remoteAddress(r)) {
		return ""
	}
	last := values[len(values)-1]
	return strings.TrimSpace(last[strings.LastIndex(last, ",")+1:])
}

func (o *origin) trusts(address netip.Addr) bool {
	return slices.ContainsFunc(o.trusted, func(p netip.Prefix) bool { return p.Contains(address) })
}

// clientAddress returns the address of the caller: the last one on the way
// that is not a trusted proxy. It is not valid if the connection has none.
func clientAddress(r *http.Request) netip.Addr {
	o := originOf(r)
	address := remoteAddress(r)
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for _, hop := range slices.Backward(hops) {
		if !o.trusts(address) {
			break
		}
		before, err := parseAddress(strings.TrimSpace(hop))
		if err != nil {
			break
		}
		address = before
	}
	return address
}

func remoteAddress(r *http.Request) netip.Addr {
	address, _ := parseAddress(r.RemoteAddr) // not valid for other than TCP
	return address
}

// parseAddress reads an IP address with or without a port.
func parseAddress(s string) (netip.Addr, error) {
	if host, _, err := net.SplitHostPort(s); err == nil {
		s = host
	}
	address, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return address.Unmap().WithZone(""), err
}
