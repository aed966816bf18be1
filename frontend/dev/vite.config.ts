/** The screens without an app (dev.html) as plain files in build/look, for the tests that look at all of them. Never part of the app. */
import { mergeConfig } from 'vite';
import page from '../vite.config.ts';

export default mergeConfig(page, {
  build: { outDir: '../build/look', emptyOutDir: true, minify: false, rolldownOptions: { input: 'dev/dev.html' } },
});
