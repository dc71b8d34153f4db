import { useEffect, useMemo, useState } from 'preact/hooks';
import { carriesFiles, droppedFiles, type DroppedFile } from '../drop';
import { DatasetState } from '../dataset-state';
import { datasetName } from '../model';
import { loginPath, navigate } from '../router';
import { session } from '../session';
import { clearUploads, enqueue } from '../uploads';
import { DatasetMapView } from './dataset-map-view';
import { Details } from './details';
import { FileList } from './file-list';
import { Header } from './header';
import { Failure } from './notice';
import { Uploads } from './uploads';

export function DatasetPage({ org, ds }: { org: string; ds: string }) {
  const state = useMemo(() => new DatasetState({ org, ds }), [org, ds]);
  useEffect(() => () => {
    state.close();
    clearUploads();
  }, [state]);

  const properties = state.properties.value;
  const name = datasetName(properties, ds);
  useEffect(() => void (document.title = `${name} · Cairn`), [name]);

  const mayWrite = properties?.permissions?.canWrite ?? false;
  const upload = (files: DroppedFile[]) => enqueue(state.at, state.folder.peek(), files);

  if (state.error.value) {
    return <><Header /><Failure error={state.error.value} what="dataset" retry={() => void state.load()} /></>;
  }
  return (
    <DropZone mayWrite={mayWrite} onFiles={upload}>
      <Header>
        <nav class="crumbs" aria-label="Dataset"><span class="soft">{org}</span><span aria-hidden="true">/</span><h1>{name}</h1></nav>
      </Header>
      <main class="dataset">
        <FileList state={state} onUpload={mayWrite ? upload : undefined} />
        <DatasetMapView state={state} />
        <Details state={state} mayWrite={mayWrite} />
      </main>
      <Uploads />
    </DropZone>
  );
}

interface DropZoneProps {
  mayWrite: boolean;
  onFiles(files: DroppedFile[]): void;
  children: preact.ComponentChildren;
}

/** The whole page takes files; it says so while some are dragged over it. */
function DropZone({ mayWrite, onFiles, children }: DropZoneProps) {
  const [over, setOver] = useState(false);

  async function drop(event: DragEvent) {
    if (!carriesFiles(event)) return;
    event.preventDefault();
    setOver(false);
    if (mayWrite) onFiles(await droppedFiles(event.dataTransfer!));
    else if (!session.value) navigate(loginPath());
  }

  function dragOver(event: DragEvent) {
    if (!carriesFiles(event)) return;
    event.preventDefault(); // or the browser would open the file in place of the page
    event.dataTransfer!.dropEffect = mayWrite || !session.value ? 'copy' : 'none';
    setOver(true);
  }

  function dragLeave(event: DragEvent) {
    if (event.relatedTarget === null) setOver(false); // null: it left the window, not merely an element
  }

  const sentence = mayWrite ? 'Drop to upload' : session.value ? 'You may not add files here' : 'Sign in to upload';
  return (
    <div class="dataset-page" data-testid="drop-zone" onDragOver={dragOver} onDragLeave={dragLeave} onDrop={drop}>
      {children}
      {over && <div class="drop-hint" role="status">{sentence}</div>}
    </div>
  );
}
