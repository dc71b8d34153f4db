import { EntryType, type Entry } from '../model';

/** Outlines on a 24 by 24 grid. */
const shapes = {
  folder: 'M3 7a2 2 0 0 1 2-2h4l2 2h8a2 2 0 0 1 2 2v8a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2z',
  file: 'M6 3h8l4 4v14H6zM14 3v4h4',
  photo: 'M4 7h3l2-2h6l2 2h3v12H4zM12 16a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z',
  raster: 'M4 4h16v16H4zM4 9.3h16M4 14.7h16M9.3 4v16M14.7 4v16',
  cloud: 'M6 7h.01M12 5h.01M18 8h.01M8 12h.01M14 11h.01M19 14h.01M5 17h.01M11 17h.01M16 19h.01',
  video: 'M3 6h12v12H3zM15 10l6-3v10l-6-3',
  model: 'M12 3l8 4.5v9L12 21l-8-4.5v-9zM12 12l8-4.5M12 12v9M12 12L4 7.5',
  vector: 'M5 19L9 6l10 5zM5 19h.01M9 6h.01M19 11h.01',
  text: 'M5 5h14M5 10h14M5 15h9M5 20h6',
  download: 'M12 4v11M7 11l5 5 5-5M5 20h14',
  upload: 'M12 16V5M7 9l5-5 5 5M5 20h14',
  target: 'M12 3v4M12 17v4M3 12h4M17 12h4M12 17a5 5 0 1 0 0-10 5 5 0 0 0 0 10z',
  trash: 'M5 7h14M9 7V4h6v3M7 7l1 13h8l1-13',
  close: 'M6 6l12 12M18 6L6 18',
  eye: 'M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z',
  hidden: 'M3 3l18 18M10 5.3Q17 4.5 22 12q-1.3 2.2-3 3.8M6 7q-2.6 2-4 5 4 7 10 7 2.6 0 4.6-1',
} as const;

export type IconName = keyof typeof shapes;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.6"
      stroke-linecap="round" stroke-linejoin="round">
      <path d={shapes[name]} />
    </svg>
  );
}

const byType: Record<number, IconName> = {
  [EntryType.Directory]: 'folder',
  [EntryType.GeoImage]: 'photo',
  [EntryType.Image]: 'photo',
  [EntryType.Panorama]: 'photo',
  [EntryType.GeoPanorama]: 'photo',
  [EntryType.GeoRaster]: 'raster',
  [EntryType.PointCloud]: 'cloud',
  [EntryType.GaussianSplat]: 'cloud',
  [EntryType.Video]: 'video',
  [EntryType.GeoVideo]: 'video',
  [EntryType.Model]: 'model',
  [EntryType.Tiles3D]: 'model',
  [EntryType.Vector]: 'vector',
  [EntryType.Markdown]: 'text',
};

export const entryIcon = (entry: Entry): IconName => byType[entry.type] ?? 'file';
