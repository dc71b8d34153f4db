/**
 * A server with the shapes of Cairn's API and a handful of entries in memory, to try the page without building Cairn.
 * `npm run mock` serves it at http://127.0.0.1:5056; user name and password are both "mock".
 */
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { catalog } from './mock-catalog.mjs';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml' };
const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

/** Strict, so that the page is known to work under it. */
const policy = "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'";

export async function startMock(port = 0) {
  const state = catalog();
  const server = createServer((request, response) => {
    answer(state, request, response).catch((failure) => send(response, 500, { error: String(failure), noRetry: false }));
  });
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${server.address().port}`, state, close: () => server.close() };
}

async function answer(state, request, response) {
  const url = new URL(request.url, 'http://mock');
  const body = await readBody(request);
  const signedIn = request.headers.authorization === `Bearer ${state.token}` || request.headers.cookie?.includes(`jwtToken=${state.token}`);
  const route = `${request.method} ${url.pathname}`;
  const path = url.searchParams.get('path') ?? '';
  state.requests.push({ route, path, signedIn });

  if (route === 'POST /users/authenticate') {
    const { username, password } = JSON.parse(body);
    if (username !== 'mock' || password !== 'mock') return send(response, 401, { error: 'Unauthorized', noRetry: true });
    return send(response, 200, { username, token: state.token, expires: Math.floor(Date.now() / 1000) + 3600 });
  }
  if (route === 'GET /orgs/public') return send(response, 200, state.organizations(false));
  if (route === 'GET /orgs') return signedIn ? send(response, 200, state.organizations(true)) : send(response, 401, { error: 'Invalid user', noRetry: true });
  if (route === 'GET /stac/collections') return send(response, 200, state.collections());

  const inOrg = url.pathname.match(/^\/orgs\/([^/]+)\/ds$/);
  if (inOrg && request.method === 'GET') return send(response, 200, state.datasets(inOrg[1], signedIn));
  if (inOrg && request.method === 'POST') {
    const form = new URLSearchParams(body.toString());
    return send(response, 201, state.create(inOrg[1], form.get('slug'), form.get('name')));
  }

  const inDataset = url.pathname.match(/^\/orgs\/([^/]+)\/ds\/([^/]+)(?:\/(.*))?$/);
  if (!inDataset) return page(url.pathname, response);
  const dataset = state.find(inDataset[1], inDataset[2]);
  if (!dataset) return send(response, 404, { error: 'No such dataset', noRetry: false });
  if (dataset.private && !signedIn) return send(response, 401, { error: 'Sign in to see this', noRetry: true });
  const operation = `${request.method} ${(inDataset[3] ?? '').replace(/^tiles\/.*/, 'tiles')}`;
  switch (operation) {
    case 'GET ':
      return send(response, 200, [state.describe(dataset, signedIn)]);
    case 'GET list':
      return send(response, 200, dataset.entries.filter((entry) => parent(entry.path) === path));
    case 'POST search':
      return send(response, 200, dataset.entries);
    case 'GET builds':
      return send(response, 200, dataset.builds);
    case 'GET thumb':
    case 'GET tiles':
      response.setHeader('Content-Type', 'image/png');
      return response.end(picture);
    case 'POST obj':
      return upload(dataset, body, response);
    case 'DELETE obj':
      dataset.entries = dataset.entries.filter((entry) => entry.path !== path);
      return response.writeHead(204).end();
  }
  return send(response, 404, { error: 'No such route', noRetry: false });
}

const parent = (path) => path.slice(0, Math.max(0, path.lastIndexOf('/')));

/** Takes the file as the server would; names with "bad" in them are refused, rasters are built for a moment. */
function upload(dataset, body, response) {
  const text = body.toString('latin1');
  const path = Buffer.from(text.match(/name="path"\r\n\r\n([^\r]*)/)[1], 'latin1').toString();
  if (path.includes('bad')) return send(response, 400, { error: `${path} is not a readable file`, noRetry: false });
  const entry = dataset.receive(path, body.length);
  return send(response, 201, entry);
}

async function readBody(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function send(response, status, value) {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value));
}

async function page(path, response) {
  const name = path.startsWith('/assets/') ? path : '/index.html';
  const content = await readFile(join(dist, name));
  response.writeHead(200, { 'Content-Type': types[extname(name)], 'Content-Security-Policy': policy }).end(content);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await startMock(Number(process.env.PORT ?? 5056));
  console.log(url);
}
