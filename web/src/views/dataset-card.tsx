import { useEffect, useState } from 'preact/hooks';
import { datasetThumbnailUrl, list, thumbnailUrl } from '../api';
import { formatBytes, formatCount } from '../format';
import { datasetName, datasetTagline, datasetVisibility, hasThumbnail, type Dataset, type Organization } from '../model';
import { datasetPath } from '../router';

export function DatasetCard({ organization, dataset }: { organization: Organization; dataset: Dataset }) {
  const { properties, slug, size } = dataset;
  const tagline = datasetTagline(properties);
  const visibility = datasetVisibility(properties);
  return (
    <li class="card dataset-card" data-testid="dataset-card">
      <a href={datasetPath(organization.slug, slug)}>
        <Cover org={organization.slug} dataset={dataset} />
        <div class="card-text">
          <h2>{datasetName(properties, slug)}</h2>
          <p class="soft">{organization.name || organization.slug}</p>
          {tagline && <p class="tagline">{tagline}</p>}
          <p class="facts">
            <span>{formatCount(properties.entries ?? 0, 'entry', 'entries')}</span>
            <span>{formatBytes(size)}</span>
            {visibility !== 'Public' && <span class="badge">{visibility}</span>}
          </p>
        </div>
      </a>
    </li>
  );
}

/** Above this number of entries, listing a dataset only to find it a cover would cost too much. */
const listable = 1000;

/** The dataset's own thumbnail, else the picture of its first entry that has one, else contour lines. */
function Cover({ org, dataset }: { org: string; dataset: Dataset }) {
  const [source, setSource] = useState<string | null>(null);
  const at = { org, ds: dataset.slug };
  useEffect(() => {
    if (dataset.hasThumbnail) return setSource(datasetThumbnailUrl(at, 512));
    const entries = dataset.properties.entries ?? 0;
    if (entries === 0 || entries > listable) return;
    list(at, '').then((found) => {
      const pictured = found.find(hasThumbnail);
      if (pictured) setSource(thumbnailUrl(at, pictured, 512));
    }, () => setSource(null)); // a cover is an ornament: without one the card is still whole
  }, [dataset]);
  return (
    <div class="cover">
      <Contours seed={`${org}/${dataset.slug}`} />
      {source && <img src={source} alt="" loading="lazy" onError={() => setSource(null)} />}
    </div>
  );
}

/** A hill drawn in contour lines, always the same one for the same dataset. */
function Contours({ seed }: { seed: string }) {
  let hash = 7;
  for (const char of seed) hash = (hash * 31 + char.codePointAt(0)!) % 9973;
  const [x, y] = [60 + (hash % 200), 40 + (hash % 90)];
  return (
    <svg viewBox="0 0 320 180" preserveAspectRatio="xMidYMid slice" aria-hidden="true">
      {[12, 28, 46, 66, 90, 118, 150, 186, 228].map((radius, ring) => (
        <ellipse key={ring} cx={x + ring * ((hash % 7) - 3)} cy={y + ring * ((hash % 5) - 2)} rx={radius * 1.3} ry={radius * 0.85}
          transform={`rotate(${(hash % 60) - 30} ${x} ${y})`} />
      ))}
    </svg>
  );
}
