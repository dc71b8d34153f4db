/**
 * Who is signed in. The token is kept in localStorage for this page's own requests, and as the cookie `jwtToken`
 * for those that the browser makes itself: thumbnails, tiles and downloads.
 */
import { signal } from '@preact/signals';

export interface Session {
  username: string;
  token: string;
  expires: number; // Unix seconds
}

const storageKey = 'cairn.session';
const cookieName = 'jwtToken';

export const session = signal<Session | null>(restore());

export function startSession(next: Session) {
  localStorage.setItem(storageKey, JSON.stringify(next));
  writeCookie(next.token, next.expires - Date.now() / 1000);
  session.value = next;
}

export function endSession() {
  localStorage.removeItem(storageKey);
  writeCookie('', 0);
  session.value = null;
}

function restore(): Session | null {
  const stored = parse(localStorage.getItem(storageKey));
  if (stored === null || stored.expires * 1000 < Date.now()) {
    localStorage.removeItem(storageKey);
    return null;
  }
  writeCookie(stored.token, stored.expires - Date.now() / 1000);
  return stored;
}

function parse(text: string | null): Session | null {
  if (text === null) return null;
  try {
    const { username, token, expires } = JSON.parse(text);
    return typeof token === 'string' && typeof expires === 'number' ? { username: String(username), token, expires } : null;
  } catch {
    return null; // written by something else: as good as absent
  }
}

function writeCookie(value: string, maxAge: number) {
  const secure = location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `${cookieName}=${value}; Path=/; SameSite=Strict; Max-Age=${Math.max(0, Math.floor(maxAge))}${secure}`;
}
