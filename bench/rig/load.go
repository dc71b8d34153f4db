package rig

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"golang.org/x/sync/errgroup"
)

// Each asks once for every address, so many at a time, and returns how many
// were answered in a second. All must be answered with 200 and the media type.
func Each(ctx context.Context, addresses []string, mediaType string, atOnce int) (float64, error) {
	// As browsers do, it keeps its connections.
	http.DefaultTransport.(*http.Transport).MaxIdleConnsPerHost = atOnce
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	began := time.Now()
	for _, address := range addresses {
		group.Go(func() error {
			response, data, err := Get(ctx, address, mediaType)
			if err != nil {
				return err
			}
			if kind := response.Header.Get("Content-Type"); response.StatusCode != http.StatusOK || kind != mediaType {
				return fmt.Errorf("GET %s: %s, %s: %.300s", address, response.Status, kind, data)
			}
			return nil
		})
	}
	err := group.Wait()
	return float64(len(addresses)) / time.Since(began).Seconds(), err
}
