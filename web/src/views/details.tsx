import { useEffect, useRef, useState } from 'preact/hooks';
import { builds, downloadUrl, remove, thumbnailUrl } from '../api';
import type { DatasetState } from '../dataset-state';
import { formatBytes, formatPosition, formatTime } from '../format';
import { entryExtent } from '../extent';
import { baseName, hasThumbnail, typeName, type DatasetAddress, type Entry } from '../model';
import { BuildBadge } from './file-list';
import { Icon } from './icon';

export function Details({ state, mayWrite }: { state: DatasetState; mayWrite: boolean }) {
  const entry = state.selectedEntry();
  const close = () => (state.selected.value = null);
  useEffect(() => {
    const escape = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !document.querySelector('dialog[open]')) close();
    };
    addEventListener('keydown', escape);
    return () => removeEventListener('keydown', escape);
  }, [state]);

  if (!entry) return null;
  return (
    <aside class="details card" aria-label="Details" data-testid="details">
      <header>
        <h2>{baseName(entry.path)}</h2>
        <button type="button" class="tool" aria-label="Close" onClick={close}><Icon name="close" /></button>
      </header>
      {hasThumbnail(entry) && (
        <img key={entry.path} class="preview" src={thumbnailUrl(state.at, entry, 512)} alt={`Preview of ${baseName(entry.path)}`}
          onError={(event) => (event.currentTarget.hidden = true)} />
      )}
      {entry.buildStatus === 'failed' && <BuildFailure key={entry.path} at={state.at} entry={entry} />}
      <div class="buttons">
        <a class="button primary small" href={downloadUrl(state.at, entry.path)} download><Icon name="download" />Download</a>
        {entryExtent(entry) && (
          <button type="button" class="small" onClick={() => (state.zoomTo.value = { ...entry })}><Icon name="target" />Zoom</button>
        )}
        {mayWrite && <Delete state={state} entry={entry} />}
      </div>
      <Facts entry={entry} />
    </aside>
  );
}

/** Why the entry could not be made into a map, from the newest build of the same content. */
function BuildFailure({ at, entry }: { at: DatasetAddress; entry: Entry }) {
  const [reason, setReason] = useState('');
  useEffect(() => {
    builds(at).then(
      (all) => setReason(all.find((build) => build.path === entry.path && build.errorMessage)?.errorMessage ?? ''),
      () => setReason(''), // the badge still says that it failed
    );
  }, [entry.hash]);
  return <p class="error" role="alert">{reason || 'The server could not prepare this file for the map.'}</p>;
}

function Delete({ state, entry }: { state: DatasetState; entry: Entry }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [error, setError] = useState('');

  async function confirm() {
    try {
      await remove(state.at, entry.path);
      state.selected.value = null;
      await state.load();
    } catch (failure) {
      setError((failure as Error).message);
    }
  }

  return (
    <>
      <button type="button" class="small danger" onClick={() => dialog.current!.showModal()}><Icon name="trash" />Delete</button>
      <dialog ref={dialog} aria-label="Delete the file">
        <h2>Delete this file?</h2>
        <p class="break">{entry.path}</p>
        {error && <p class="error" role="alert">{error}</p>}
        <div class="buttons">
          <button type="button" class="quiet" autofocus onClick={() => dialog.current!.close()}>Cancel</button>
          <button type="button" class="danger solid" data-testid="confirm-delete" onClick={confirm}>Delete</button>
        </div>
      </dialog>
    </>
  );
}

function Facts({ entry }: { entry: Entry }) {
  const position = entry.point_geom?.geometry?.coordinates;
  const taken = entry.properties?.captureTime;
  return (
    <dl>
      <dt>Type</dt><dd>{typeName(entry)} <BuildBadge entry={entry} /></dd>
      <dt>Size</dt><dd>{formatBytes(entry.size)}</dd>
      {typeof taken === 'number' && <><dt>Taken</dt><dd>{formatTime(taken)}</dd></>}
      <dt>Received</dt><dd>{formatTime(entry.mtime * 1000)}</dd>
      {position && <><dt>Position</dt><dd>{formatPosition(position[0], position[1])}</dd></>}
      {Object.entries(entry.properties ?? {}).filter(([key]) => key !== 'captureTime').map(([key, value]) => (
        <><dt>{words(key)}</dt><dd>{shown(value)}</dd></>
      ))}
      {entry.hash && <><dt>SHA-256</dt><dd class="mono">{entry.hash}</dd></>}
    </dl>
  );
}

/** focalLength35 becomes Focal length 35. */
function words(key: string): string {
  const spaced = key.replace(/([a-z])([A-Z0-9])/g, '$1 $2').toLowerCase();
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}

function shown(value: unknown): string {
  if (typeof value === 'number') return String(Number.isInteger(value) ? value : Number(value.toPrecision(9)));
  if (Array.isArray(value)) return shorten(value.map(shown).join(', '));
  if (typeof value === 'object' && value !== null) return shorten(Object.values(value).map(shown).join(' '));
  const text = String(value);
  return /^(PROJ|GEOG|GEODETIC|BOUND|COMPD|COMPOUND)\w*\["/.test(text) ? text.split('"')[1] : shorten(text);
}

const shorten = (text: string) => (text.length > 300 ? `${text.slice(0, 300)}…` : text);
