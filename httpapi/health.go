package httpapi

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/cairngeo/cairn"
	"github.com/cairngeo/cairn/auth"
	"github.com/cairngeo/cairn/catalog"
	"github.com/danielgtaylor/huma/v2"
)

// A Check tells how well one part of the server does.
type Check func(context.Context) (cairn.Health, error)

// checkWithin is how long a check may take before the part counts as ill.
const checkWithin = 5 * time.Second

// The states of a part and of the whole, from best to worst.
const (
	healthy   = "Healthy"
	degraded  = "Degraded"
	unhealthy = "Unhealthy"
)

var healthStates = []string{healthy, degraded, unhealthy}

type health struct {
	Status        string                `json:"status" enum:"Healthy,Degraded,Unhealthy" doc:"The worst of all parts"`
	TotalDuration duration              `json:"totalDuration"`
	Entries       map[string]partHealth `json:"entries" doc:"By the name of the part"`
}

type partHealth struct {
	Data        map[string]any `json:"data" doc:"Figures"`
	Description *string        `json:"description" doc:"What is wrong" example:"The disk of the data folder is nearly full."`
	Duration    duration       `json:"duration"`
	Status      string         `json:"status" enum:"Healthy,Degraded,Unhealthy"`
	Tags        []string       `json:"tags"`
}

func (s *server) registerHealth() {
	tags := []string{"Health"}
	token := []*huma.Param{{Name: "token", In: "query", Description: "The monitor token, which may also be sent as a Bearer token", Schema: &huma.Schema{Type: huma.TypeString}}}
	s.stream(huma.Operation{Method: http.MethodGet, Path: "/quickhealth", Summary: "Whether the server answers", Tags: tags, Parameters: token,
		Responses: map[string]*huma.Response{"200": {Description: "It does", Content: map[string]*huma.MediaType{"text/plain": {Schema: textSchema, Example: healthy}}}}},
		"", s.quickHealth)
	report := map[string]*huma.MediaType{typeJSON: {Schema: s.schemaOf(health{})}}
	s.stream(huma.Operation{Method: http.MethodGet, Path: "/health", Summary: "How well the parts of the server do", Tags: tags, Parameters: token,
		Responses: map[string]*huma.Response{"200": {Description: "The server works", Content: report}, "503": {Description: "A part of it does not work", Content: report}}},
		"", s.health)
}

func (s *server) quickHealth(w http.ResponseWriter, r *http.Request) error {
	if err := auth.Decide(s.monitor(r), auth.Monitor, auth.Facts{}); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_, err := io.WriteString(w, healthy)
	return ignoreGone(r, err)
}

func (s *server) health(w http.ResponseWriter, r *http.Request) error {
	if err := auth.Decide(s.monitor(r), auth.Monitor, auth.Facts{}); err != nil {
		return err
	}
	report := s.examine()
	encoded, err := json.Marshal(report)
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", typeJSON)
	w.Header().Set("Cache-Control", "no-store")
	if report.Status == unhealthy {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, err = w.Write(encoded)
	return ignoreGone(r, err)
}

// monitor returns the caller, who also counts as a monitor if he presents the
// monitor token.
func (s *server) monitor(r *http.Request) auth.Caller {
	caller := callerFrom(r.Context())
	presented := query(r, "token")
	switch {
	case s.isMonitorToken(presented), s.isMonitorToken(tokenOf(r)):
		caller.Monitor = true
	case presented != "" && caller.Anonymous():
		caller.Rejected = true
	}
	return caller
}

// isMonitorToken compares in a time that tells nothing of the token.
func (s *server) isMonitorToken(presented string) bool {
	a, b := sha256.Sum256([]byte(presented)), sha256.Sum256([]byte(s.MonitorToken))
	return s.MonitorToken != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// examine makes all checks at once.
func (s *server) examine() health {
	began := time.Now()
	report := health{Status: healthy, Entries: map[string]partHealth{}}
	var mu sync.Mutex
	var all sync.WaitGroup
	for name, check := range s.Checks {
		all.Go(func() {
			part := s.examinePart(name, check)
			mu.Lock()
			defer mu.Unlock()
			report.Entries[name] = part
			if slices.Index(healthStates, part.Status) > slices.Index(healthStates, report.Status) {
				report.Status = part.Status
			}
		})
	}
	all.Wait()
	report.TotalDuration = duration(time.Since(began))
	return report
}

func (s *server) examinePart(name string, check Check) partHealth {
	began := time.Now()
	result := s.examinations.DoChan(name, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.Background(), checkWithin)
		defer cancel()
		return check(ctx)
	})
	var found cairn.Health
	var err error
	select {
	case r := <-result:
		found, err = r.Val.(cairn.Health), r.Err
	case <-time.After(checkWithin):
		err = cairn.Errorf(cairn.Unavailable, "There is no answer within %s.", checkWithin)
	}
	part := partHealth{Data: found.Figures, Duration: duration(time.Since(began)), Status: healthy, Tags: []string{}}
	if part.Data == nil {
		part.Data = map[string]any{}
	}
	if found.Warning != "" {
		part.Status, part.Description = degraded, &found.Warning
	}
	if err != nil {
		slog.Warn("a part of the server is not healthy", "part", name, "error", err)
		message := catalog.Message(err)
		part.Status, part.Description = unhealthy, &message
	}
	return part
}
