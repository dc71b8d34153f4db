/** The page's own addresses. */
import { signal } from '@preact/signals';

export type Route =
  | { page: 'home' }
  | { page: 'login'; next: string }
  | { page: 'dataset'; org: string; ds: string }
  | { page: 'missing' };

export const route = signal<Route>(parse(location.pathname, location.search));

function parse(path: string, query: string): Route {
  const segments = path.split('/').filter(Boolean).map(decode);
  if (segments.length === 0) return { page: 'home' };
  if (segments.length === 1 && segments[0] === 'login') {
    return { page: 'login', next: ownPath(new URLSearchParams(query).get('next')) };
  }
  if (segments.length === 3 && segments[0] === 'r') return { page: 'dataset', org: segments[1], ds: segments[2] };
  return { page: 'missing' };
}

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // a stray percent sign: no such page, but no crash either
  }
}

/** The path of an address within this site; anything else is the home page, so that no link can lead elsewhere. */
function ownPath(address: string | null): string {
  if (address === null || !URL.canParse(address, location.origin)) return '/';
  const url = new URL(address, location.origin);
  return url.origin === location.origin ? url.pathname + url.search : '/';
}

export const datasetPath = (org: string, ds: string) => `/r/${encodeURIComponent(org)}/${encodeURIComponent(ds)}`;

export const loginPath = () => `/login?next=${encodeURIComponent(location.pathname + location.search)}`;

export function navigate(to: string, { replace = false } = {}) {
  history[replace ? 'replaceState' : 'pushState'](null, '', to);
  show();
  scrollTo(0, 0);
}

function show() {
  route.value = parse(location.pathname, location.search);
}

/** Follows back, forward, and plain clicks on links that stay on the page. */
export function startRouter() {
  addEventListener('popstate', show);
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a') : null;
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || link.target || link.hasAttribute('download')) return;
    if (link.origin !== location.origin || !/^\/($|login$|r\/)/.test(link.pathname)) return;
    event.preventDefault();
    navigate(link.pathname + link.search);
  });
}
