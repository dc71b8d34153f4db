import { useRef, useState } from 'preact/hooks';
import { createDataset } from '../api';
import type { Organization } from '../model';
import { datasetPath, navigate } from '../router';

/** The slug that a name suggests: plain letters and digits with hyphens between, at least two characters. */
function suggestSlug(name: string): string {
  const plain = name.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
  const slug = plain.replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 128);
  return slug.length === 1 ? `${slug}-1` : slug;
}

export function NewDataset({ organizations }: { organizations: Organization[] }) {
  const dialog = useRef<HTMLDialogElement>(null);
  const [slug, setSlug] = useState('');
  const [slugIsOwn, setSlugIsOwn] = useState(false);
  const [error, setError] = useState('');

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    const text = (name: string) => String(form.get(name));
    try {
      await createDataset(text('org'), { slug: text('slug'), name: text('name'), visibility: text('visibility') });
      navigate(datasetPath(text('org'), text('slug')));
    } catch (failure) {
      setError((failure as Error).message);
    }
  }

  return (
    <>
      <button type="button" class="primary" onClick={() => dialog.current!.showModal()}>New dataset</button>
      <dialog ref={dialog} aria-labelledby="new-dataset-title">
        <form class="form" onSubmit={submit}>
          <h2 id="new-dataset-title">New dataset</h2>
          <label>Name
            <input name="name" required maxLength={256} autofocus
              onInput={(event) => !slugIsOwn && setSlug(suggestSlug(event.currentTarget.value))} />
          </label>
          <label>Address
            <input name="slug" required value={slug} pattern="[a-z0-9]([a-z0-9_]|-(?!-)){1,127}" spellcheck={false}
              title="2 to 128 of a-z, 0-9, - and _, beginning with a letter or digit, without --"
              onInput={(event) => { setSlugIsOwn(true); setSlug(event.currentTarget.value); }} />
          </label>
          <label>Organization
            <select name="org">
              {organizations.map((org) => <option key={org.slug} value={org.slug}>{org.name || org.slug}</option>)}
            </select>
          </label>
          <label>Who may see it
            <select name="visibility">
              <option value="0">Private: only members</option>
              <option value="1">Unlisted: anyone with the link</option>
              <option value="2">Public: everyone</option>
            </select>
          </label>
          {error && <p class="error" role="alert">{error}</p>}
          <div class="buttons">
            <button type="button" class="quiet" onClick={() => dialog.current!.close()}>Cancel</button>
            <button class="primary">Create</button>
          </div>
        </form>
      </dialog>
    </>
  );
}
