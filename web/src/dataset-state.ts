/** What the page of a dataset knows: its entries, refreshed while something is on its way, and what is selected. */
import { effect, signal } from '@preact/signals';
import { ApiError, datasetProperties, everything, list } from './api';
import { isBuilding, type DatasetAddress, type DatasetProperties, type Entry } from './model';
import { session } from './session';
import { arrivals } from './uploads';

/** Between two looks at builds that go on, in milliseconds: soon at first, then ever more patiently. */
const firstPause = 1000;
const longestPause = 10_000;

export class DatasetState {
  readonly properties = signal<DatasetProperties | null>(null);
  readonly entries = signal<Entry[]>([]);
  readonly listing = signal<Entry[] | null>(null);
  readonly folder = signal('');
  readonly selected = signal<string | null>(null);
  /** Set to bring an entry into view on the map. */
  readonly zoomTo = signal<Entry | null>(null);
  readonly error = signal<Error | null>(null);

  private pause = firstPause;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private loading: AbortController | undefined;
  private readonly stopFollowing: (() => void)[];

  constructor(readonly at: DatasetAddress) {
    let seen = arrivals.peek();
    this.stopFollowing = [
      effect(() => {
        void session.value;
        this.error.value = null;
        void this.load();
      }),
      effect(() => {
        if (arrivals.value === seen) return;
        seen = arrivals.value;
        this.refreshSoon(firstPause / 2);
      }),
    ];
  }

  close() {
    this.stopFollowing.forEach((stop) => stop());
    clearTimeout(this.timer);
    this.loading?.abort();
  }

  openFolder(folder: string) {
    this.folder.value = folder;
    this.listing.value = null;
    this.selected.value = null;
    void this.load();
  }

  /** The entry that is selected, wherever it is known from. */
  selectedEntry(): Entry | undefined {
    const path = this.selected.value;
    if (path === null) return undefined;
    const same = (entry: Entry) => entry.path === path;
    return this.listing.value?.find(same) ?? this.entries.value.find(same);
  }

  async load() {
    clearTimeout(this.timer);
    this.loading?.abort();
    const { signal } = (this.loading = new AbortController());
    try {
      const [properties, listing, entries] = await Promise.all([
        datasetProperties(this.at), list(this.at, this.folder.peek(), signal), everything(this.at, signal),
      ]);
      if (signal.aborted) return;
      this.properties.value = properties;
      this.listing.value = listing;
      this.entries.value = entries;
      this.error.value = null;
      this.followBuilds();
    } catch (failure) {
      if (!signal.aborted) this.fail(failure as Error);
    }
  }

  private followBuilds() {
    if (!this.entries.peek().some(isBuilding)) {
      this.pause = firstPause;
      return;
    }
    this.refreshSoon(this.pause);
    this.pause = Math.min(this.pause * 1.5, longestPause);
  }

  /** A page that is already shown outlives a hiccup and tries again; a refusal, or a page that never was there, says why. */
  private fail(failure: Error) {
    const refused = failure instanceof ApiError && [401, 403, 404].includes(failure.status);
    if (refused || this.properties.peek() === null) this.error.value = failure;
    else this.refreshSoon(longestPause);
  }

  private refreshSoon(pause: number) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.load(), pause);
  }
}
