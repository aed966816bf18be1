// Every screen x language x theme x width as pictures in build/shots, a page to look through them (index.html), and that page as pictures
// of twelve screens each (sheet-*.png). Arguments are beginnings of names of screens, widths, languages and themes to make only those.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openLook } from '../look/look.js';
import * as all from '../look/screens.js';

const folder = join(import.meta.dirname, '../../build/shots');
/** As many as a person can judge at one look. */
const together = 12;
const everySize = [
  [360, 740],
  [800, 700],
  [1200, 800],
  [1920, 1080],
];
const wanted = new Set(process.argv.slice(2));
/** Those that were asked for, or all where none was; what is asked for is taken off the list. */
function only(list, nameOf = String) {
  const found = list.filter((one) => wanted.has(nameOf(one)));
  for (const one of found) wanted.delete(nameOf(one));
  return found.length > 0 ? found : list;
}
const sizes = only(everySize, ([width]) => String(width));
const languages = only(all.languages);
const themes = only(all.themes);
const names = [...wanted];
const chosen = all.screens.filter(({ name }) => names.length === 0 || names.some((part) => name.startsWith(part)));
const looks = languages.flatMap((language) => themes.map((theme) => `${language}-${theme}`));

const look = await openLook();
try {
  const page = await look.newPage();
  for (const language of languages)
    for (const screen of chosen)
      for (const [i, size] of sizes.entries()) {
        const [width, height] = screen.size ?? size;
        await page.setViewportSize({ width, height });
        if (i === 0 || screen.fleeting) await look.show(page, screen, `&language=${language}`);
        for (const theme of themes) {
          await page.emulateMedia({ colorScheme: theme });
          await look.settled(page);
          const to = join(folder, String(size[0]), `${language}-${theme}`);
          mkdirSync(to, { recursive: true });
          await page.screenshot({ path: join(to, `${screen.name}.png`) });
        }
      }

  writeFileSync(join(folder, 'index.html'), sheet());
  await page.setViewportSize({ width: 1840, height: 1000 });
  for (const [width] of sizes)
    for (const one of looks)
      for (let from = 0; from < chosen.length; from += together) {
        await page.goto(`${pathToFileURL(join(folder, 'index.html'))}?only=${width}/${one}&from=${from}`);
        await page.waitForLoadState('load');
        const part = String(from / together + 1);
        await page.screenshot({ path: join(folder, `sheet-${width}-${one}-${part}.png`), fullPage: true });
      }
  console.log(`pictures are in ${folder}, all of them in ${join(folder, 'index.html')}`);
} finally {
  await look.close();
}

/** One page with everything; ?only=1200/ko-dark&from=24 shows twelve screens of one look. */
function sheet() {
  const figure = (name, width, look) =>
    `<a data-look="${width}/${look}" href="${width}/${look}/${name}.png"><img src="${width}/${look}/${name}.png" alt="${name}, ${look}, ${width} px" title="${look}, ${width} px"></a>`;
  return `<!doctype html><meta charset="utf-8"><title>Earshot: every screen</title>
<style>
  body { margin: 1rem; font: 14px system-ui, sans-serif; background: #777; color: #fff }
  section { display: flex; flex-wrap: wrap; gap: 8px; align-items: start; margin-bottom: 1.5rem }
  h2 { flex: 1 0 100%; margin: 0; font-size: 15px }
  img { display: block; width: auto; max-width: 340px; max-height: 340px }
  .one { display: flex; flex-wrap: wrap; gap: 12px }
  .one section { flex-direction: column; margin: 0; gap: 4px }
  .one h2 { flex: none; font-size: 13px; font-weight: 400 }
  .one img { max-width: 590px; max-height: 600px }
</style>
<main>${chosen.map(({ name }) => `<section><h2>${name}</h2>${sizes.flatMap(([width]) => looks.map((look) => figure(name, width, look))).join('')}</section>`).join('\n')}</main>
<script>
  const query = new URLSearchParams(location.search);
  const only = query.get('only');
  if (only) {
    document.querySelector('main').className = 'one';
    for (const a of document.querySelectorAll('a')) if (a.dataset.look !== only) a.remove();
    const from = Number(query.get('from'));
    for (const [i, section] of document.querySelectorAll('section').entries())
      if (i < from || i >= from + ${together}) section.remove();
  }
</script>
`;
}
