import { formatBytes, formatCount } from '../format';
import { clearUploads, progress, uploads, type Upload } from '../uploads';
import { Icon } from './icon';

/** The uploads of this visit: the whole as one bar, and each file that has not arrived with its own. */
export function Uploads() {
  if (uploads.value.length === 0) return null;
  const { open, failed, sent, total, share } = progress.value;
  const done = uploads.value.length - open - failed;
  const unfinished = uploads.value.filter((upload) => upload.state.value !== 'done');
  const sentence = open > 0
    ? `Uploading ${formatCount(open, 'file')} · ${formatBytes(sent)} of ${formatBytes(total)}`
    : `${formatCount(done, 'file')} uploaded${failed > 0 ? `, ${failed} failed` : ''}`;
  return (
    <section class="uploads card" aria-label="Uploads" data-testid="uploads" data-open={open} data-failed={failed}>
      <header>
        <h2><span role="status">{sentence}</span></h2>
        <button type="button" class="tool" onClick={clearUploads} aria-label={open > 0 ? 'Stop the uploads' : 'Close'}><Icon name="close" /></button>
      </header>
      <progress value={share} max={1} aria-label="All uploads" />
      <ul>{unfinished.map((upload) => <UploadRow key={upload.id} upload={upload} />)}</ul>
    </section>
  );
}

const states = { waiting: 'Waiting', sending: '', done: '', failed: 'Failed' };

function UploadRow({ upload }: { upload: Upload }) {
  const state = upload.state.value;
  const share = upload.size > 0 ? Math.min(1, upload.sent.value / upload.size) : 0;
  return (
    <li data-state={state} data-path={upload.path}>
      <span class="clip" title={upload.path}>{upload.path}</span>
      <span class="soft">{states[state] || (share < 1 ? `${Math.floor(share * 100)} %` : 'Saving')}</span>
      {state === 'sending' && <progress value={share} max={1} aria-label={upload.path} />}
      {state === 'failed' && <span class="error">{upload.error.value}</span>}
    </li>
  );
}
