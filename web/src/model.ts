/** The shapes that the API sends, as far as the page reads them. */
import type { Feature, Point, Polygon } from 'geojson';

export const EntryType = {
  Directory: 1,
  Generic: 2,
  GeoImage: 3,
  GeoRaster: 4,
  PointCloud: 5,
  Image: 6,
  Markdown: 8,
  Video: 9,
  GeoVideo: 10,
  Model: 11,
  Panorama: 12,
  GeoPanorama: 13,
  Vector: 14,
  GaussianSplat: 15,
  Tiles3D: 16,
} as const;

const typeNames: Record<number, string> = {
  [EntryType.Directory]: 'Folder',
  [EntryType.Generic]: 'File',
  [EntryType.GeoImage]: 'Geotagged photo',
  [EntryType.GeoRaster]: 'Raster',
  [EntryType.PointCloud]: 'Point cloud',
  [EntryType.Image]: 'Image',
  [EntryType.Markdown]: 'Text',
  [EntryType.Video]: 'Video',
  [EntryType.GeoVideo]: 'Geotagged video',
  [EntryType.Model]: '3D model',
  [EntryType.Panorama]: 'Panorama',
  [EntryType.GeoPanorama]: 'Geotagged panorama',
  [EntryType.Vector]: 'Vector',
  [EntryType.GaussianSplat]: 'Gaussian splat',
  [EntryType.Tiles3D]: '3D tiles',
};

export type BuildStatus = 'ready' | 'pending' | 'queued' | 'failed';

export interface Entry {
  path: string;
  hash: string | null;
  type: number;
  properties: Record<string, unknown> | null;
  mtime: number;
  size: number;
  point_geom: Feature<Point> | null;
  polygon_geom: Feature<Polygon> | null;
  buildStatus?: BuildStatus;
  buildMissingDependencies?: string[];
}

export interface Permissions {
  canRead: boolean;
  canWrite: boolean;
  canDelete: boolean;
}

export interface Organization {
  slug: string;
  name: string | null;
  description: string | null;
  permissions: Permissions | null;
}

interface Setting {
  data: unknown;
}

export interface DatasetProperties {
  entries?: number;
  meta?: Record<string, Setting | Setting[]>;
  permissions?: Permissions;
}

export interface Dataset {
  slug: string;
  properties: DatasetProperties;
  size: number;
  permissions: Permissions | null;
  hasThumbnail: boolean | null;
}

export interface Build {
  hash: string;
  path: string;
  currentState: string;
  progressPercent: number | null;
  errorMessage: string | null;
}

/** A STAC collection's identity and extent. */
export interface Collection {
  id: string;
  title?: string;
  extent: { spatial: { bbox: number[][] } };
}

/** Where a dataset lives: the two slugs of its address. */
export interface DatasetAddress {
  org: string;
  ds: string;
}

export const typeName = (entry: Entry) => typeNames[entry.type] ?? 'File';
export const isFolder = (entry: Entry) => entry.type === EntryType.Directory;
export const isRaster = (entry: Entry) => entry.type === EntryType.GeoRaster;
export const isReady = (entry: Entry) => (entry.buildStatus ?? 'ready') === 'ready';

/** True while the server is working on the entry; one that waits for missing files is not being built. */
export const isBuilding = (entry: Entry) =>
  entry.buildStatus === 'queued' || (entry.buildStatus === 'pending' && !entry.buildMissingDependencies?.length);

const picturedTypes = new Set<number>([
  EntryType.GeoImage, EntryType.GeoRaster, EntryType.Image, EntryType.Panorama, EntryType.GeoPanorama,
]);

export const hasThumbnail = (entry: Entry) => picturedTypes.has(entry.type) && isReady(entry);

const photoTypes = new Set<number>([EntryType.GeoImage, EntryType.GeoVideo, EntryType.GeoPanorama]);

export const isPhoto = (entry: Entry) => photoTypes.has(entry.type);

/** The last segment of a path. */
export const baseName = (path: string) => path.slice(path.lastIndexOf('/') + 1);

/** The folder that holds a path, '' for the root. */
export const parentFolder = (path: string) => path.slice(0, Math.max(0, path.lastIndexOf('/')));

function setting(properties: DatasetProperties | null | undefined, key: string): unknown {
  const value = properties?.meta?.[key];
  return Array.isArray(value) ? value[0]?.data : value?.data;
}

/** The dataset's display name; its slug where it has none. */
export function datasetName(properties: DatasetProperties | null | undefined, slug: string): string {
  const name = setting(properties, 'name');
  return name === undefined || name === null || name === '' ? slug : String(name);
}

export const datasetTagline = (properties: DatasetProperties): string => String(setting(properties, 'tagline') ?? '');

const visibilityNames = ['Private', 'Unlisted', 'Public'];

export const datasetVisibility = (properties: DatasetProperties): string =>
  visibilityNames[Number(setting(properties, 'visibility') ?? 0)] ?? 'Private';
