import { svelte } from '@sveltejs/vite-plugin-svelte';
import { svelteTesting } from '@testing-library/svelte/vite';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  plugins: [svelte(), svelteTesting()],
  // The page is served from the root of wails://wails, http://wails.localhost and http://127.0.0.1:PORT; relative
  // addresses make it independent of all three.
  base: './',
  // Modules of the audio thread and the codec's: what they are made of knows no other form.
  worker: { format: 'es' },
  build: {
    target: ['chrome111', 'firefox115', 'safari16.4'],
    // Everything is its own file of the same origin: data: URLs and inline scripts would need holes in the bridge's CSP.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // A build of two seconds need not explain where they went.
    rolldownOptions: { checks: { bundlerTimings: false } },
  },
  // The contract test reads docs/PROTOCOL.md.
  server: { fs: { allow: ['.', '../docs'] } },
  test: {
    // Files that need a document say so with @vitest-environment.
    environment: 'node',
    include: ['test/**/*.test.ts'],
    restoreMocks: true,
    // Rendering all screens takes seconds on a machine that is shared.
    testTimeout: 30_000,
  },
});
