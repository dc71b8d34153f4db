import { route } from '../router';
import { DatasetPage } from './dataset-page';
import { Header } from './header';
import { HomePage } from './home-page';
import { LoginPage } from './login';
import { MissingPage } from './notice';

export function App() {
  const at = route.value;
  switch (at.page) {
    case 'home':
      return <HomePage />;
    case 'login':
      return <LoginPage next={at.next} />;
    case 'dataset':
      return <DatasetPage key={`${at.org}/${at.ds}`} org={at.org} ds={at.ds} />;
    case 'missing':
      return <><Header /><MissingPage what="page" /></>;
  }
}
