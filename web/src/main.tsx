import 'maplibre-gl/dist/maplibre-gl.css';
import './styles/base.css';
import './styles/home.css';
import './styles/dataset.css';
import { render } from 'preact';
import { startRouter } from './router';
import { App } from './views/app';

startRouter();
render(<App />, document.getElementById('app')!);
