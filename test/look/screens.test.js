// Every screen: axe-core with all rules of WCAG 2.2 A and AA and its best practices, and whether everything has its place, wide, narrow and
// zoomed, and in a language that is longer by two fifths. EARSHOT_LOOK=all (make shots) takes every language, theme and width together;
// else a screen has one of each, so that over the list all of them have their turn.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, describe, test } from 'node:test';
import { openLook } from './look.js';
import { install } from './measure.js';
import { languages, screens, themes } from './screens.js';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22a', 'wcag22aa', 'best-practice'];
const everything = process.env.EARSHOT_LOOK === 'all';
/** Only the screens whose names begin so: EARSHOT_LOOK_AT=room-chat,lobby. */
const only = (process.env.EARSHOT_LOOK_AT ?? '').split(',');

const wide = [1200, 800];
const narrow = [360, 740];
/** Chromium's zoom makes the window smaller in CSS pixels: 200 % of 1280 x 800, 400 % of 1280 x 1024. */
const zoomed = [640, 400];
const zoomedTwice = [320, 256];

const spoken = [...languages, 'pseudo'];

const places = [
  [narrow, ['sideways', 'overlaps', 'small', 'cut', 'lost']],
  [zoomed, ['sideways', 'overlaps', 'lost']],
  [zoomedTwice, ['sideways']],
];

/** What is looked at of the i-th screen in a language: pairs of theme and size for axe, and pairs of size and kinds of measure.js. */
function plan(language, i) {
  const longer = [wide, narrow].map((size) => [size, ['cut', 'overlaps', 'sideways']]);
  const measured = language === 'pseudo' ? longer : places;
  if (everything)
    return { axe: themes.flatMap((theme) => [wide, narrow].map((size) => [theme, size])), places: measured };
  // By twelve screens every language has met every theme and width.
  if (language !== spoken[i % spoken.length]) return undefined;
  return { axe: [[themes[i % 2], [wide, narrow][Math.floor(i / 2) % 2]]], places: measured };
}

async function violations(page, language) {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(axe);
  const found = await page.evaluate(
    ({ values, rules }) =>
      window.axe.run(document, {
        runOnly: { type: 'tag', values },
        rules,
        // What fades out behind the bar would have it leave out all words in the bar and in its dialogs.
        checks: { 'color-contrast': { options: { ignorePseudo: true } } },
        resultTypes: ['violations'],
      }),
    // Stretched on its own, a word is no part of a stretched sentence.
    { values: tags, rules: { 'label-content-name-mismatch': { enabled: language !== 'pseudo' } } },
  );
  return found.violations.flatMap(({ id, help, nodes }) =>
    nodes.map(
      (node) => `${id}: ${help}\n      ${node.html.slice(0, 200)}\n      ${node.failureSummary?.split('\n')[1] ?? ''}`,
    ),
  );
}

const look = await openLook();
after(() => look.close());

describe('every screen', { concurrency: 3 }, () => {
  for (const language of spoken)
    test(`in ${language}: nothing for axe, and everything in its place`, async () => {
      const page = await look.newPage();
      await page.addInitScript(install);
      const more = language === 'pseudo' ? '&pseudo' : `&language=${language}`;
      const wrong = [];
      // At once, so that a run that is cut short has said something.
      const say = (...all) => all.forEach((one) => (wrong.push(one), console.error(one)));

      let shown = '';
      async function at(screen, size) {
        const [width, height] = screen.size ?? size;
        await page.setViewportSize({ width, height });
        // A menu closes with the window's size; all else is as it was.
        if (shown !== screen.name || screen.fleeting) await look.show(page, screen, more);
        shown = screen.name;
        await look.settled(page);
      }

      for (const [i, screen] of screens.entries()) {
        if (!only.some((prefix) => screen.name.startsWith(prefix))) continue;
        const looks = plan(language, i);
        if (!looks) continue;
        try {
          for (const [theme, size] of looks.axe) {
            await page.emulateMedia({ colorScheme: theme });
            await at(screen, size);
            say(...(await violations(page, language)).map((one) => `${screen.name}, ${theme}, ${size[0]} px: ${one}`));
          }
          for (const [size, kinds] of looks.places) {
            await at(screen, size);
            const found = await page.evaluate(
              async (all) => (await Promise.all(all.map((kind) => window.measure[kind]()))).flat(),
              kinds,
            );
            say(...found.map((one) => `${screen.name}, ${size[0]} px: ${one}`));
          }
        } catch (thrown) {
          say(`${screen.name} is not to be seen: ${String(thrown).split('\n').slice(0, 3).join(' ')}`);
        }
      }
      assert.equal(wrong.length, 0, `${wrong.length} things are wrong, see above`);
    });
});
