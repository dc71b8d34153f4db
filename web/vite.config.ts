import { defineConfig } from 'vitest/config';

// CAIRN_URL points the development server at a running cairn.
const cairn = process.env.CAIRN_URL ?? 'http://127.0.0.1:5000';

export default defineConfig({
  build: {
    target: 'es2022',
    assetsInlineLimit: 0, // data: URLs would need a wider content security policy
    chunkSizeWarningLimit: 1200, // MapLibre, loaded only where a map is shown
  },
  server: {
    host: '127.0.0.1',
    proxy: Object.fromEntries(['/orgs', '/users', '/stac'].map((path) => [path, cairn])),
  },
  test: { include: ['src/**/*.test.ts', 'test/**/*.test.mjs'], testTimeout: 30_000 },
});
