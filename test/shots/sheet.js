// Every screen x language x theme x width as pictures in build/shots, a page to look through them (index.html), and that page as pictures
// (sheet-*.png). Arguments are names of screens to make only those.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openLook } from '../look/look.js';
import { languages, screens, themes } from '../look/screens.js';

const folder = join(import.meta.dirname, '../../build/shots');
const sizes = [
  [360, 740],
  [800, 700],
  [1200, 800],
  [1920, 1080],
];
const wanted = process.argv.slice(2);
const chosen = screens.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.startsWith(part)));

const look = await openLook();
try {
  const page = await look.newPage();
  for (const language of languages)
    for (const size of sizes)
      for (const screen of chosen) {
        const [width, height] = screen.size ?? size;
        await page.setViewportSize({ width, height });
        await look.show(page, screen, `&language=${language}`);
        for (const theme of themes) {
          await page.emulateMedia({ colorScheme: theme });
          const to = join(folder, String(size[0]), `${language}-${theme}`);
          mkdirSync(to, { recursive: true });
          await page.screenshot({ path: join(to, `${screen.name}.png`) });
        }
      }

  writeFileSync(join(folder, 'index.html'), sheet());
  for (const [width] of sizes) {
    // As large as a person can look at: a picture for each width and each look.
    for (const language of languages)
      for (const theme of themes) {
        await page.setViewportSize({ width: 1800, height: 1000 });
        await page.goto(`${pathToFileURL(join(folder, 'index.html'))}?only=${width}/${language}-${theme}`);
        await page.waitForLoadState('load');
        await page.screenshot({ path: join(folder, `sheet-${width}-${language}-${theme}.png`), fullPage: true });
      }
  }
  console.log(`pictures are in ${folder}, all of them in ${join(folder, 'index.html')}`);
} finally {
  await look.close();
}

/** One page with everything; ?only=1200/ko-dark shows one look of it. */
function sheet() {
  const looks = languages.flatMap((language) => themes.map((theme) => `${language}-${theme}`));
  const figure = (name, width, look) =>
    `<a data-look="${width}/${look}" href="${width}/${look}/${name}.png"><img src="${width}/${look}/${name}.png" alt="${name}, ${look}, ${width} px" title="${look}, ${width} px"></a>`;
  return `<!doctype html><meta charset="utf-8"><title>Earshot: every screen</title>
<style>
  body { margin: 1.5rem; font: 14px system-ui, sans-serif; background: #777; color: #fff }
  section { display: flex; flex-wrap: wrap; gap: 8px; align-items: start; margin-bottom: 1.5rem }
  h2 { flex: 1 0 100%; margin: 0; font-size: 15px }
  img { display: block; width: auto; max-width: 340px; max-height: 340px }
  .one { display: flex; flex-wrap: wrap; gap: 12px }
  .one section { flex-direction: column; margin: 0; gap: 4px }
  .one h2 { flex: none; font-size: 12px; font-weight: 400 }
</style>
<main>${chosen.map(({ name }) => `<section><h2>${name}</h2>${sizes.flatMap(([width]) => looks.map((look) => figure(name, width, look))).join('')}</section>`).join('\n')}</main>
<script>
  const only = new URLSearchParams(location.search).get('only');
  if (only) {
    document.querySelector('main').className = 'one';
    for (const a of document.querySelectorAll('a')) if (a.dataset.look !== only) a.remove();
  }
</script>
`;
}
