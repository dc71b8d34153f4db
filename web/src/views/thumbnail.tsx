import { useEffect, useState } from 'preact/hooks';
import { thumbnailUrl } from '../api';
import { hasThumbnail, type DatasetAddress, type Entry } from '../model';
import { entryIcon, Icon } from './icon';

/** A small picture of the entry; the sign of its type where there is none, or not yet. */
export function Thumbnail({ at, entry, size }: { at: DatasetAddress; entry: Entry; size: number }) {
  const [broken, setBroken] = useState(false);
  const source = hasThumbnail(entry) ? thumbnailUrl(at, entry, size) : null;
  useEffect(() => setBroken(false), [source]);
  return (
    <span class="thumb">
      {source && !broken
        ? <img src={source} alt="" loading="lazy" decoding="async" onError={() => setBroken(true)} />
        : <Icon name={entryIcon(entry)} />}
    </span>
  );
}
