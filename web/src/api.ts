/** The calls that the page makes to the server it came from. */
import type { Build, Collection, Dataset, DatasetAddress, DatasetProperties, Entry, Organization } from './model';
import { endSession, session, startSession, type Session } from './session';

/** An answer that is not a success; `message` is the server's own sentence. */
export class ApiError extends Error {
  constructor(readonly status: number, message: string) {
    super(message);
  }
}

/** The sentence of an error answer's body, or a plain one when the body is no such JSON. */
export function errorSentence(status: number, body: string): string {
  try {
    const { error } = JSON.parse(body);
    if (typeof error === 'string' && error !== '') return error;
  } catch {
    // not JSON: a proxy's page, say
  }
  return status === 0 ? 'The server cannot be reached.' : `The server answered ${status}.`;
}

export function authorization(): Record<string, string> {
  return session.value ? { Authorization: `Bearer ${session.value.token}` } : {};
}

async function request<T>(method: string, url: string, form?: Record<string, string>, signal?: AbortSignal): Promise<T> {
  const body = form && new URLSearchParams(form);
  let response: Response;
  try {
    response = await fetch(url, { method, body, signal, headers: { Accept: 'application/json', ...authorization() } });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(0, errorSentence(0, ''));
  }
  const text = await response.text();
  if (!response.ok) {
    forgetRefusedToken(response.status);
    throw new ApiError(response.status, errorSentence(response.status, text));
  }
  return (text === '' ? undefined : JSON.parse(text)) as T;
}

/** A caller who is signed in but lacks a right gets 403, so 401 means that the token itself is no longer good. */
export function forgetRefusedToken(status: number) {
  if (status === 401 && session.value) endSession();
}

const segment = encodeURIComponent;

export const datasetUrl = ({ org, ds }: DatasetAddress) => `/orgs/${segment(org)}/ds/${segment(ds)}`;

/** The address of a route below a dataset about one of its entries. */
function entryUrl(at: DatasetAddress, route: string, path: string, more: Record<string, string> = {}): string {
  return `${datasetUrl(at)}/${route}?${new URLSearchParams({ path, ...more })}`;
}

const contentVersion = (entry: Entry): Record<string, string> => (entry.hash ? { v: entry.hash } : {});

export const thumbnailUrl = (at: DatasetAddress, entry: Entry, size: number) =>
  entryUrl(at, 'thumb', entry.path, { size: String(size), ...contentVersion(entry) });

export const datasetThumbnailUrl = (at: DatasetAddress, size: number) => `${datasetUrl(at)}/thumb?size=${size}`;

export const downloadUrl = (at: DatasetAddress, path: string) => entryUrl(at, 'download', path);

/** The template that MapLibre fills in; it wants an absolute address. */
export const tileUrl = (at: DatasetAddress, entry: Entry) =>
  location.origin + entryUrl(at, 'tiles/{z}/{x}/{y}.png', entry.path, contentVersion(entry));

export const uploadUrl = (at: DatasetAddress) => `${datasetUrl(at)}/obj`;

export async function signIn(username: string, password: string): Promise<void> {
  const response = await fetch('/users/authenticate', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ username, password }),
  }).catch(() => {
    throw new ApiError(0, errorSentence(0, ''));
  });
  if (response.status === 401) throw new ApiError(401, 'Wrong user name or password.');
  const text = await response.text();
  if (!response.ok) throw new ApiError(response.status, errorSentence(response.status, text));
  startSession(JSON.parse(text) as Session);
}

export const organizations = () =>
  request<Organization[]>('GET', session.value ? '/orgs' : '/orgs/public');

export const datasets = (org: string) =>
  request<Dataset[]>('GET', `/orgs/${segment(org)}/ds?includeThumbnailCheck=true`);

export const createDataset = (org: string, form: { slug: string; name: string; visibility: string }) =>
  request<Dataset>('POST', `/orgs/${segment(org)}/ds`, form);

export const collections = () =>
  request<{ collections: Collection[] }>('GET', '/stac/collections').then((answer) => answer.collections);

/** What the dataset says of itself: name, number of entries, the caller's rights. */
export const datasetProperties = (at: DatasetAddress) =>
  request<{ properties: DatasetProperties }[]>('GET', datasetUrl(at)).then(([dataset]) => dataset.properties);

/** The entries directly in a folder, '' for the root. */
export const list = (at: DatasetAddress, folder: string, signal?: AbortSignal) =>
  request<Entry[]>('GET', entryUrl(at, 'list', folder), undefined, signal);

/** Every entry of the dataset. */
export const everything = (at: DatasetAddress, signal?: AbortSignal) =>
  request<Entry[]>('POST', `${datasetUrl(at)}/search`, { query: '*', recursive: 'true' }, signal);

export const builds = (at: DatasetAddress) => request<Build[]>('GET', `${datasetUrl(at)}/builds?pageSize=200`);

export const remove = (at: DatasetAddress, path: string) => request<void>('DELETE', entryUrl(at, 'obj', path));
