/** The built page in a real browser, against the mock server. */
import { afterAll, beforeAll, beforeEach, afterEach, expect, test } from 'vitest';
import { chromium } from 'playwright-core';
import { startMock } from './mock-server.mjs';
import { hostileName } from './mock-catalog.mjs';

let browser, mock, context, page, faults;

beforeAll(async () => {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
      '--disable-component-update', '--disable-sync', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  });
});
afterAll(() => browser.close());

beforeEach(async () => {
  mock = await startMock();
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  page = await context.newPage();
  page.setDefaultTimeout(15_000);
  faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => message.type() === 'error' && !/status of 40[0-9]/.test(message.text()) && faults.push(message.text()));
});
afterEach(async () => {
  await context.close();
  mock.close();
  expect(faults).toEqual([]); // no script error, no violated content security policy
});

const mapReady = () => page.waitForSelector('html[data-map-ready="true"]', { state: 'attached' });
const row = (name) => page.getByTestId('files').getByRole('button', { name });
const tiles = () => mock.state.requests.filter(({ route }) => route.includes('/tiles/'));

async function signIn(next = '/') {
  await page.goto(`${mock.url}/login?next=${encodeURIComponent(next)}`);
  await page.getByLabel('User name').fill('mock');
  await page.getByLabel('Password').fill('mock');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByTestId('user').waitFor();
}

test('the first page shows the public datasets and where they are', async () => {
  await page.goto(mock.url);
  await mapReady();
  const cards = page.getByTestId('dataset-card');
  expect(await cards.getByRole('heading').allTextContents()).toEqual(['Brighton beach', 'Dateline']);
  expect(await cards.first().textContent()).toMatch(/Public6 entries23.3 MB/);
  await cards.first().click();
  await page.waitForURL('**/r/public/beach');
});

test('a dataset shows its files, and its rasters on the map', async () => {
  await page.goto(`${mock.url}/r/public/beach`);
  await mapReady();
  expect(tiles().length).toBeGreaterThan(0);
  expect(new Set(tiles().map(({ path }) => path))).toEqual(new Set(['ortho.tif']));

  await row('flight').click();
  await row('DJI_0018.JPG').click();
  const details = page.getByTestId('details');
  expect(await details.textContent()).toContain('46.84260° N, 91.99460° W');
  expect(await details.getByRole('link', { name: 'Download' }).getAttribute('href'))
    .toBe('/orgs/public/ds/beach/download?path=flight%2FDJI_0018.JPG');
  await page.keyboard.press('Escape');
  expect(await details.count()).toBe(0);
});

test('a failed build says why', async () => {
  await page.goto(`${mock.url}/r/public/beach`);
  await row('broken.tif').click();
  await page.getByText('broken.tif ends too early').waitFor();
});

test('a raster across the 180th meridian is drawn on both sides of it', async () => {
  await page.goto(`${mock.url}/r/public/dateline`);
  await mapReady();
  const columns = tiles().map(({ route }) => route.match(/tiles\/(\d+)\/(\d+)/).slice(1).map(Number));
  const west = columns.filter(([zoom, column]) => column < 2 ** zoom / 2);
  expect(west.length).toBeGreaterThan(0);
  expect(west.length).toBeLessThan(columns.length);
});

test('a file name is only ever text', async () => {
  await page.goto(`${mock.url}/r/public/beach`);
  await row(hostileName).click();
  expect(await page.getByTestId('details').getByRole('heading').textContent()).toBe(hostileName);
  expect(await page.evaluate(() => window.harmed)).toBeUndefined();
});

test('a private dataset asks for a sign-in and then opens', async () => {
  await page.goto(`${mock.url}/r/mock/secret`);
  await page.getByLabel('User name').fill('mock');
  await page.getByLabel('Password').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Wrong user name or password.').waitFor();
  await page.getByLabel('Password').fill('mock');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('Nothing here yet. Drop files').waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByTestId('sign-in').waitFor();
  expect(await context.cookies()).toEqual([]);
});

test('files are uploaded, built, shown on the map, and deleted', async () => {
  await signIn('/r/mock/secret');
  await page.waitForURL('**/r/mock/secret');
  await page.getByTestId('file-picker').setInputFiles([
    { name: 'new.tif', mimeType: 'image/tiff', buffer: Buffer.alloc(50_000) },
    { name: 'bad.tif', mimeType: 'image/tiff', buffer: Buffer.alloc(10) },
  ]);
  await page.getByText('bad.tif is not a readable file').waitFor();
  await page.getByText('1 file uploaded, 1 failed').waitFor();
  await row('new.tif').waitFor();
  await expect.poll(() => tiles().some(({ path }) => path === 'new.tif'), { timeout: 15_000 }).toBe(true);

  await row('new.tif').click();
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByTestId('confirm-delete').click();
  await row('new.tif').waitFor({ state: 'detached' });
});

test('dropped files go into the open folder', async () => {
  await signIn('/r/public/beach');
  await row('flight').click();
  await page.getByText('DJI_0018.JPG').waitFor();
  const transfer = await page.evaluateHandle(() => {
    const transfer = new DataTransfer();
    transfer.items.add(new File(['hello'], 'notes.txt'));
    return transfer;
  });
  await page.getByTestId('drop-zone').dispatchEvent('dragover', { dataTransfer: transfer });
  await page.getByText('Drop to upload').waitFor();
  await page.getByTestId('drop-zone').dispatchEvent('drop', { dataTransfer: transfer });
  await row('notes.txt').waitFor();
  expect(mock.state.find('public', 'beach').entries.map(({ path }) => path)).toContain('flight/notes.txt');
});

test('a new dataset is made and opened', async () => {
  await signIn();
  await page.getByRole('button', { name: 'New dataset' }).click();
  await page.getByLabel('Name').fill('Été à la plage');
  expect(await page.getByLabel('Address').inputValue()).toBe('ete-a-la-plage');
  await page.getByLabel('Organization').selectOption('mock');
  await page.getByRole('button', { name: 'Create' }).click();
  await page.waitForURL('**/r/mock/ete-a-la-plage');
});

test('an unknown address says so', async () => {
  await page.goto(`${mock.url}/r/public/nothing`);
  await page.getByText('There is no such dataset').waitFor();
  await page.goto(`${mock.url}/r/nowhere`);
  await page.getByText('There is no such page').waitFor();
});

test('a link can send nobody to another site after signing in', async () => {
  await signIn('//evil.example/');
  expect(new URL(page.url()).origin).toBe(mock.url);
});
