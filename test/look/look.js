// The screens without an app (build/look, made by `scripts/build look`) in a Chromium of their own.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { chromium } from 'playwright-core';
import { chromiumPath } from '../support/browsers.js';

const folder = join(import.meta.dirname, '../../build/look');
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
};

async function serve() {
  const server = createServer((request, response) => {
    const path = normalize(new URL(request.url, 'http://here').pathname);
    readFile(join(folder, path)).then(
      // The names of built files carry their contents, so that they may be kept.
      (bytes) =>
        response
          .writeHead(200, { 'Content-Type': types[extname(path)] ?? '', 'Cache-Control': 'max-age=3600' })
          .end(bytes),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return { origin: `http://127.0.0.1:${server.address().port}`, close: () => server.close() };
}

/** One browser for a whole file of tests. `motion` leaves animations on. */
export async function openLook() {
  const server = await serve();
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--mute-audio',
      '--use-fake-device-for-media-stream',
      '--use-fake-ui-for-media-stream',
    ],
  });

  async function newPage({ size = [1200, 800], motion = false, ...look } = {}) {
    const context = await browser.newContext({
      viewport: { width: size[0], height: size[1] },
      reducedMotion: motion ? 'no-preference' : 'reduce',
      locale: 'en-US',
      timezoneId: 'Asia/Seoul',
      permissions: ['microphone', 'clipboard-read', 'clipboard-write'],
      ...look,
    });
    context.setDefaultTimeout(20_000);
    const page = await context.newPage();
    page.on('pageerror', (error) => console.error('the page threw', error));
    return page;
  }

  /** Shows a screen of screens.js in the page, with more parameters if need be, and waits until all of it is there. */
  async function show(page, { name, query, steps = [], wait, pause = 0 }, more = '') {
    await page.goto(`${server.origin}/dev/dev.html?${query}${more}`);
    await page.locator('#app > *').first().waitFor({ state: 'attached' });
    for (const step of steps) await take(page, name, step);
    if (wait) await page.locator(wait).first().waitFor();
    await page.evaluate(() => document.fonts.ready);
    if (pause) await page.waitForTimeout(pause);
    await settled(page);
  }

  /** Until what was changed is drawn, and what moves for a moment stands. */
  function settled(page) {
    return page.evaluate(async () => {
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      await frame();
      await frame();
      const passing = document.getAnimations().filter((one) => one.effect.getTiming().iterations === 1);
      await Promise.all(passing.map((one) => one.finished.catch(() => undefined)));
    });
  }

  return {
    newPage,
    show,
    settled,
    close: async () => {
      await browser.close();
      server.close();
    },
  };
}

/** Takes a step of screens.js. What is in a menu is fetched from there. */
async function take(page, name, step) {
  const [, testid, nth, maybe, words] = /^([a-z-]+)(?::(\d+))?(\?)?(?:=(.+))?$/.exec(step) ?? [];
  const target = page.getByTestId(testid).nth(Number(nth ?? 0));
  await target.waitFor({ state: 'attached' });
  if (words) return target.fill(words);
  const seen = () => target.evaluate((one) => one.checkVisibility({ visibilityProperty: true }));
  if (!(await seen())) {
    if (maybe) return;
    const opener = target.locator('xpath=ancestor::*[@data-fold]/button');
    if ((await opener.count()) === 0) throw new Error(`${name}: ${testid} is not to be seen`);
    await opener.click();
  }
  // By its own means where a pointer has to hover first.
  await target.evaluate((one) => one.focus());
  await target.click({ force: true });
}
