import { useEffect, useState } from 'preact/hooks';
import { signIn } from '../api';
import { navigate } from '../router';
import { Header } from './header';

export function LoginPage({ next }: { next: string }) {
  return (
    <>
      <Header />
      <main class="narrow">
        <SignIn title="Sign in" done={() => navigate(next, { replace: true })} />
      </main>
    </>
  );
}

export function SignIn({ title, reason, done }: { title: string; reason?: string; done?: () => void }) {
  const [error, setError] = useState('');
  const [busy, setBusy] = useState(false);
  useEffect(() => void (document.title = 'Sign in · Cairn'), []);

  async function submit(event: SubmitEvent) {
    event.preventDefault();
    const form = new FormData(event.currentTarget as HTMLFormElement);
    setBusy(true);
    setError('');
    try {
      await signIn(String(form.get('username')), String(form.get('password')));
      done?.();
    } catch (failure) {
      setError((failure as Error).message);
      setBusy(false);
    }
  }

  return (
    <form class="card form" onSubmit={submit} data-testid="sign-in">
      <h1>{title}</h1>
      {reason && <p class="soft">{reason}</p>}
      <label>User name<input name="username" autocomplete="username" required autofocus /></label>
      <label>Password<input name="password" type="password" autocomplete="current-password" required /></label>
      {error && <p class="error" role="alert">{error}</p>}
      <button class="primary" disabled={busy}>{busy ? 'Signing in…' : 'Sign in'}</button>
    </form>
  );
}
