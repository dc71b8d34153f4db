import { ApiError } from '../api';
import { SignIn } from './login';

export function MissingPage({ what }: { what: string }) {
  return (
    <main class="narrow notice" data-testid="missing">
      <p class="big" aria-hidden="true">404</p>
      <h1>There is no such {what}</h1>
      <p class="soft">It may have been moved or deleted, or the address has a slip.</p>
      <a class="button primary" href="/">All datasets</a>
    </main>
  );
}

/** What to show in place of something that could not be loaded. */
export function Failure({ error, what, retry }: { error: Error; what: string; retry: () => void }) {
  const status = error instanceof ApiError ? error.status : 0;
  if (status === 401) {
    return (
      <main class="narrow">
        <SignIn title="Sign in" reason={`This ${what} may be private. Sign in with an account that may see it.`} />
      </main>
    );
  }
  if (status === 404) return <MissingPage what={what} />;
  return (
    <main class="narrow notice">
      <h1>{status === 403 ? `You may not see this ${what}` : `The ${what} could not be loaded`}</h1>
      <p class="soft" role="alert">{error.message}</p>
      <button type="button" class="primary" onClick={retry}>Try again</button>
    </main>
  );
}
