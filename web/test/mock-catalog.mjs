/** The mock server's datasets. */
const polygon = (ring) => ({ type: 'Feature', properties: {}, geometry: { type: 'Polygon', coordinates: [ring.map(([x, y]) => [x, y, 0])] } });
const point = (x, y) => ({ type: 'Feature', properties: {}, geometry: { type: 'Point', coordinates: [x, y, 200] } });
const box = (w, s, e, n) => polygon([[w, s], [e, s], [e, n], [w, n], [w, s]]);

function entry(path, type, more = {}) {
  return {
    path, type, hash: type === 1 ? null : `hash-of-${path}`, properties: { width: 4000, height: 2250, make: 'DJI' },
    mtime: 1593500000, size: type === 1 ? 0 : 3876862, depth: path.split('/').length - 1, point_geom: null, polygon_geom: null, ...more,
  };
}

function photo(path, x, y) {
  return entry(path, 3, { point_geom: point(x, y), polygon_geom: box(x - 4e-4, y - 3e-4, x + 4e-4, y + 3e-4) });
}

/** A file name that would do harm if it were ever taken for markup. */
export const hostileName = '<img src=x onerror="window.harmed=1">.txt';

export function catalog() {
  const all = [
    dataset('public', 'beach', 'Brighton beach', [
      entry('flight', 1, { properties: null }),
      photo('flight/DJI_0018.JPG', -91.9946, 46.8426),
      photo('flight/DJI_0019.JPG', -91.9942, 46.8429),
      entry('ortho.tif', 4, { polygon_geom: box(-91.996, 46.841, -91.992, 46.844), buildStatus: 'ready' }),
      entry('broken.tif', 4, { buildStatus: 'failed' }),
      entry(hostileName, 2),
    ]),
    dataset('public', 'dateline', 'Dateline', [
      entry('dateline.tif', 4, { polygon_geom: box(176, -19, 184, -15), buildStatus: 'ready' }),
    ]),
    dataset('mock', 'secret', 'Secret', [], true),
  ];
  all[0].builds.push({ path: 'broken.tif', hash: 'hash-of-broken.tif', currentState: 'Failed', errorMessage: 'broken.tif ends too early', progressPercent: null });

  const find = (org, slug) => all.find((each) => each.org === org && each.slug === slug);
  const permissions = (signedIn) => ({ canRead: true, canWrite: signedIn, canDelete: signedIn });
  const properties = (each) => ({
    entries: each.entries.length,
    meta: { name: { data: each.name }, visibility: { data: each.private ? 0 : 2 } },
  });
  return {
    token: 'mock-token',
    requests: [],
    find,
    organizations: (signedIn) => ['public', ...(signedIn ? ['mock'] : [])]
      .map((slug) => ({ slug, name: slug === 'public' ? 'Public' : 'Mock surveys', description: null, isPublic: true, owner: null, permissions: signedIn ? permissions(true) : null })),
    datasets: (org, signedIn) => all.filter((each) => each.org === org && (signedIn || !each.private))
      .map((each) => ({ slug: each.slug, properties: properties(each), size: 3876862 * each.entries.length, permissions: permissions(signedIn), hasThumbnail: false })),
    describe: (each, signedIn) => ({ path: `ddb://mock/${each.org}/${each.slug}`, type: 7, properties: { ...properties(each), permissions: permissions(signedIn) } }),
    create: (org, slug, name) => all[all.push(dataset(org, slug, name, [], true)) - 1],
    collections: () => ({ collections: [
      { id: 'public/beach', title: 'Brighton beach', extent: { spatial: { bbox: [[-91.996, 46.841, -91.992, 46.844]] } } },
      { id: 'public/dateline', title: 'Dateline', extent: { spatial: { bbox: [[176, -19, -176, -15]] } } },
    ], links: [] }),
  };
}

function dataset(org, slug, name, entries, isPrivate = false) {
  return {
    org, slug, name, entries, private: isPrivate, builds: [],
    receive(path, size) {
      const isRaster = path.endsWith('.tif');
      const made = entry(path, isRaster ? 4 : 2, { size, ...(isRaster && { buildStatus: 'queued' }) });
      const folder = path.split('/')[0];
      if (folder !== path && !this.entries.some((each) => each.path === folder)) this.entries.push(entry(folder, 1));
      this.entries = [...this.entries.filter((each) => each.path !== path), made];
      if (isRaster) {
        setTimeout(() => Object.assign(made, { buildStatus: 'ready', polygon_geom: box(10, 50, 10.01, 50.01) }), 500);
      }
      return made;
    },
  };
}
