import type { ComponentChildren } from 'preact';
import { endSession, session } from '../session';
import { loginPath, route } from '../router';
import logo from '../assets/cairn.svg';

export function Header({ children }: { children?: ComponentChildren }) {
  return (
    <header class="bar">
      <a class="brand" href="/"><img src={logo} alt="" width="28" height="28" />Cairn</a>
      <div class="bar-middle">{children}</div>
      <Account />
    </header>
  );
}

function Account() {
  if (session.value) {
    return (
      <div class="account">
        <span class="who" data-testid="user">{session.value.username}</span>
        <button type="button" class="quiet" onClick={endSession}>Sign out</button>
      </div>
    );
  }
  return route.value.page === 'login' ? null : <a class="button quiet" href={loginPath()}>Sign in</a>;
}
