import { useEffect, useState } from 'preact/hooks';
import { collections, datasets, organizations } from '../api';
import { formatCount } from '../format';
import { datasetName, type Dataset, type Organization } from '../model';
import { stacExtent } from '../extent';
import type { PlacedDataset } from '../map/overview-map';
import { session } from '../session';
import { DatasetCard } from './dataset-card';
import { Header } from './header';
import { NewDataset } from './new-dataset';
import { Failure } from './notice';
import { OverviewMapView } from './overview-map-view';

interface Shelf {
  organization: Organization;
  datasets: Dataset[];
}

/** Organizations with the datasets of each that the caller may read. */
async function loadShelves(): Promise<Shelf[]> {
  const all = await organizations();
  return Promise.all(all.map(async (organization) => ({ organization, datasets: await datasets(organization.slug) })));
}

/** Where the datasets lie. The map is an ornament of this page, so a catalog without places is no failure. */
async function loadPlaces(): Promise<PlacedDataset[]> {
  const all = await collections().catch(() => []);
  return all.flatMap(({ id, title, extent }) => {
    const box = extent?.spatial?.bbox?.[0];
    const place = box && stacExtent(box);
    const isWorld = place && place[2] - place[0] >= 360;
    return place && !isWorld ? [{ id, name: title ?? id, extent: place }] : [];
  });
}

export function HomePage() {
  const [shelves, setShelves] = useState<Shelf[] | null>(null);
  const [places, setPlaces] = useState<PlacedDataset[]>([]);
  const [error, setError] = useState<Error | null>(null);
  const token = session.value?.token;

  function load() {
    setError(null);
    loadShelves().then(setShelves, setError);
    loadPlaces().then(setPlaces);
  }
  useEffect(load, [token]);
  useEffect(() => void (document.title = 'Cairn'), []);

  if (error) return <><Header /><Failure error={error} what="catalog" retry={load} /></>;
  const filled = shelves?.filter((shelf) => shelf.datasets.length > 0) ?? [];
  const number = filled.reduce((total, shelf) => total + shelf.datasets.length, 0);
  const writable = shelves?.map((shelf) => shelf.organization).filter((org) => org.permissions?.canWrite) ?? [];
  return (
    <>
      <Header />
      <OverviewMapView places={places} />
      <main class="home">
        <div class="title-row">
          <h1>Datasets</h1>
          {shelves && <span class="soft">{formatCount(number, 'dataset')}</span>}
          {writable.length > 0 && <NewDataset organizations={writable} />}
        </div>
        {shelves === null && <p class="soft" role="status">Loading…</p>}
        {shelves && number === 0 && <Empty />}
        {filled.length > 0 && (
          <ul class="cards" data-testid="datasets">
            {filled.flatMap(({ organization, datasets }) => datasets.map((dataset) => (
              <DatasetCard key={`${organization.slug}/${dataset.slug}`} organization={organization} dataset={dataset} />
            )).sort((a, b) => byName(a.props.dataset, b.props.dataset)))}
          </ul>
        )}
      </main>
    </>
  );
}

const byName = (a: Dataset, b: Dataset) =>
  datasetName(a.properties, a.slug).localeCompare(datasetName(b.properties, b.slug));

function Empty() {
  return (
    <p class="soft empty">
      {session.value ? 'There is no dataset yet. Make one and drop your files on it.' : 'There is no public dataset yet. Sign in to make one.'}
    </p>
  );
}
