import { useEffect, useRef, useState } from 'preact/hooks';
import type { DatasetState } from '../dataset-state';
import type { DatasetMap } from '../map/dataset-map';
import { isRaster, isReady, parentFolder } from '../model';
import { Layers } from './layers';

export function DatasetMapView({ state }: { state: DatasetState }) {
  const container = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<DatasetMap | null>(null);
  const entries = state.entries.value;
  const selected = state.selected.value;

  useEffect(() => {
    let made: DatasetMap | null = null;
    let gone = false;
    void import('../map/dataset-map').then(({ DatasetMap }) => {
      if (gone) return;
      made = new DatasetMap(container.current!, state.at, { select: (path) => selectOnMap(state, path) });
      setMap(made);
    });
    return () => {
      gone = true;
      made?.remove();
    };
  }, [state]);
  useEffect(() => map?.show(entries), [map, entries]);
  useEffect(() => map?.select(selected), [map, selected]);
  const zoomTo = state.zoomTo.value;
  useEffect(() => {
    if (!map || !zoomTo) return;
    map.setCovered(coveredByDetails(container.current!));
    map.fit([zoomTo]);
  }, [map, zoomTo]);

  function showAll() {
    map?.setCovered(coveredByDetails(container.current!));
    map?.fit(entries);
  }

  return (
    <section class="map-side" aria-label="Map">
      <div class="map" ref={container} data-testid="map" />
      <Layers rasters={entries.filter((entry) => isRaster(entry) && isReady(entry))} onFit={showAll}
        onChange={(view) => map?.setRasterView(view)} />
    </section>
  );
}

/** A click on the map opens the entry's folder in the list, so that its row can be seen too. */
function selectOnMap(state: DatasetState, path: string | null) {
  if (path !== null && parentFolder(path) !== state.folder.peek()) state.openFolder(parentFolder(path));
  state.selected.value = path;
}

/** How much of the map's right side or lower end the open details hide, in pixels. */
function coveredByDetails(map: HTMLElement) {
  const details = document.querySelector('.details')?.getBoundingClientRect();
  const view = map.getBoundingClientRect();
  if (!details || details.top >= view.bottom) return { right: 0, bottom: 0 };
  const besideMap = details.width < view.width * 0.6;
  return besideMap ? { right: view.right - details.left, bottom: 0 } : { right: 0, bottom: view.bottom - details.top };
}
