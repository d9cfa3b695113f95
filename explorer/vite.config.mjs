import { defineConfig } from 'vite';
import { gzipVariants } from './gzip.mjs';

export default defineConfig({
  base: './',
  plugins: [gzipVariants()],
  worker: { format: 'es' },
  build: {
    outDir: 'dist',
    // The page may not run inline scripts, and assets are fetched from our own origin only.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 5000,
    license: { fileName: 'LICENSES.md' },
    // 'use client' marks in dependencies mean nothing in a page without server components.
    rolldownOptions: { checks: { moduleLevelDirective: false } },
  },
});
