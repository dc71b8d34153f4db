import { useEffect, useRef, useState } from 'preact/hooks';
import type { OverviewMap, PlacedDataset } from '../map/overview-map';
import { datasetPath, navigate } from '../router';

export function OverviewMapView({ places }: { places: PlacedDataset[] }) {
  const container = useRef<HTMLDivElement>(null);
  const [map, setMap] = useState<OverviewMap | null>(null);

  useEffect(() => {
    let made: OverviewMap | null = null;
    let gone = false;
    void import('../map/overview-map').then(({ OverviewMap }) => {
      if (gone) return;
      made = new OverviewMap(container.current!, (id) => {
        const [org, ds] = id.split('/');
        navigate(datasetPath(org, ds));
      });
      setMap(made);
    });
    return () => {
      gone = true;
      made?.remove();
    };
  }, []);
  useEffect(() => map?.show(places), [map, places]);

  return <div class="overview-map" ref={container} role="region" aria-label="Map of the datasets" />;
}
