package httpapi

import (
	"context"
	"iter"

	"github.com/cairngeo/cairn/catalog"
)

// sendEntries answers the entries of one moment as a JSON array, of which only
// a part is ever in memory.
func (s *server) sendEntries(ctx context.Context, list func(catalog.Snapshot) iter.Seq2[[]catalog.Entry, error]) (*spooled, error) {
	return s.spool(func(w *spoolWriter) error {
		return s.Catalog.Snapshot(ctx, func(now catalog.Snapshot) error {
			return w.list(func(add func(any) error) error {
				for batch, err := range list(now) {
					if err != nil {
						return err
					}
					entries, err := s.newEntries(ctx, now, batch)
					if err != nil {
						return err
					}
					for i := range entries {
						if err := add(&entries[i]); err != nil {
							return err
						}
					}
				}
				return nil
			})
		})
	})
}
