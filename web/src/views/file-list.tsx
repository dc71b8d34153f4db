import { useEffect, useRef, useState } from 'preact/hooks';
import { pickedFiles, type DroppedFile } from '../drop';
import type { DatasetState } from '../dataset-state';
import { formatBytes } from '../format';
import { baseName, isBuilding, isFolder, isReady, typeName, type Entry } from '../model';
import { Icon } from './icon';
import { Thumbnail } from './thumbnail';

/** Rows that are put on the page at a time, so that a folder of many thousands opens at once. */
const batch = 300;

interface FileListProps {
  state: DatasetState;
  onUpload?: (files: DroppedFile[]) => void;
}

export function FileList({ state, onUpload }: FileListProps) {
  const [shown, setShown] = useState(batch);
  const folder = state.folder.value;
  const listing = state.listing.value;
  useEffect(() => setShown(batch), [folder]);

  const rows = listing?.toSorted(foldersFirst) ?? [];
  return (
    <section class="files" aria-label="Files">
      <div class="files-head">
        <Crumbs folder={folder} open={(to) => state.openFolder(to)} />
        {onUpload && <UploadButton onUpload={onUpload} />}
      </div>
      {listing === null && <p class="soft pad" role="status">Loading…</p>}
      {listing?.length === 0 && (
        <p class="soft pad empty">{onUpload ? 'Nothing here yet. Drop files or folders anywhere on this page.' : 'Nothing here yet.'}</p>
      )}
      <ul class="rows" data-testid="files">
        {rows.slice(0, shown).map((entry) => <Row key={entry.path} entry={entry} state={state} />)}
      </ul>
      {rows.length > shown && (
        <button type="button" class="quiet more" onClick={() => setShown(shown + batch)}>
          Show more ({rows.length - shown})
        </button>
      )}
    </section>
  );
}

const foldersFirst = (a: Entry, b: Entry) =>
  Number(isFolder(b)) - Number(isFolder(a)) || baseName(a.path).localeCompare(baseName(b.path), undefined, { numeric: true });

function Crumbs({ folder, open }: { folder: string; open(folder: string): void }) {
  const segments = folder === '' ? [] : folder.split('/');
  return (
    <nav class="crumbs" aria-label="Folder">
      <button type="button" class="link" onClick={() => open('')} aria-current={folder === ''}>Files</button>
      {segments.map((segment, depth) => {
        const path = segments.slice(0, depth + 1).join('/');
        return (
          <>
            <span aria-hidden="true">/</span>
            <button type="button" class="link clip" onClick={() => open(path)} aria-current={path === folder}>{segment}</button>
          </>
        );
      })}
    </nav>
  );
}

function UploadButton({ onUpload }: { onUpload: (files: DroppedFile[]) => void }) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <button type="button" class="primary small" onClick={() => picker.current!.click()}><Icon name="upload" />Upload</button>
      <input ref={picker} type="file" multiple hidden aria-label="Files to upload" data-testid="file-picker"
        onChange={(event) => {
          onUpload(pickedFiles(event.currentTarget.files!));
          event.currentTarget.value = ''; // so that the same file can be picked again
        }} />
    </>
  );
}

function Row({ entry, state }: { entry: Entry; state: DatasetState }) {
  const row = useRef<HTMLLIElement>(null);
  const selected = state.selected.value === entry.path;
  useEffect(() => {
    if (selected) row.current!.scrollIntoView({ block: 'nearest' });
  }, [selected]);

  function open() {
    if (isFolder(entry)) return state.openFolder(entry.path);
    state.selected.value = entry.path;
    state.zoomTo.value = { ...entry }; // a new object, so that a second click zooms again
  }

  return (
    <li ref={row} data-path={entry.path}>
      <button type="button" class="row" aria-current={selected} onClick={open}>
        <Thumbnail at={state.at} entry={entry} size={128} />
        <span class="row-text">
          <span class="clip" title={baseName(entry.path)}>{baseName(entry.path)}</span>
          <span class="soft">{isFolder(entry) ? 'Folder' : `${typeName(entry)} · ${formatBytes(entry.size)}`}</span>
        </span>
        <BuildBadge entry={entry} />
      </button>
    </li>
  );
}

export function BuildBadge({ entry }: { entry: Entry }) {
  if (isReady(entry)) return null;
  if (isBuilding(entry)) return <span class="badge busy">Building</span>;
  if (entry.buildStatus === 'failed') return <span class="badge bad">Failed</span>;
  return <span class="badge" title={`Missing: ${entry.buildMissingDependencies?.map(baseName).join(', ')}`}>Incomplete</span>;
}

