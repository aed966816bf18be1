// What a lobby of 200 rooms costs the page: the page's own scenes (frontend/dev) in Chromium, without an app behind them.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openChromium } from '../support/browsers.js';
import { Office } from '../support/office.js';
import { pause } from '../support/program.js';

const rooms = 200;
const seconds = 6;
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.woff2': 'font/woff2',
  '.svg': 'image/svg+xml',
};

export async function lobby() {
  const folder = mkdtempSync(join(tmpdir(), 'earshot-scenes-'));
  const office = new Office();
  try {
    await buildScenes(folder);
    const server = createServer((request, response) => {
      const path = join(folder, new URL(request.url, 'http://localhost').pathname);
      response.setHeader('content-type', types[extname(path)] ?? 'text/plain');
      try {
        response.end(readFileSync(path));
      } catch {
        response.writeHead(404).end();
      }
    });
    await new Promise((listening) => server.listen(0, '127.0.0.1', listening));
    office.onClose(() => server.close());
    const { context } = await openChromium(office, office.here, {
      viewport: { width: 1600, height: 900 },
      reducedMotion: 'no-preference',
    });
    const scene = `http://127.0.0.1:${String(server.address().port)}/dev/dev.html?screen=lobby&count=${String(rooms)}`;
    for (const [what, query, act] of [
      ['nothing happens', '', rest],
      ['one room changes 10 times a second', '&busy=10', rest],
      ['the same, while somebody scrolls', '&busy=10', scroll],
      ['the same, while somebody types into the search', '&busy=10', search],
    ]) {
      console.log(`lobby of ${String(rooms)}, ${what}: ${await measure(context, scene + query, act)}`);
    }
  } finally {
    await office.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Builds frontend/dev as the page itself is built. */
async function buildScenes(outDir) {
  const root = resolve('../frontend');
  const { build } = await import(pathToFileURL(join(root, 'node_modules/vite/dist/node/index.js')).href);
  const before = process.cwd();
  process.chdir(root); // the Svelte plugin looks for its configuration here
  await build({
    root,
    logLevel: 'warn',
    build: { outDir, emptyOutDir: true, rolldownOptions: { input: 'dev/dev.html' } },
  });
  process.chdir(before);
}

async function measure(context, url, act) {
  const page = await context.newPage();
  await page.addInitScript(() => {
    window.long = [];
    new PerformanceObserver((list) => window.long.push(...list.getEntries().map(({ duration }) => duration))).observe({
      type: 'longtask',
      buffered: true,
    });
  });
  await page.goto(url);
  await page
    .getByTestId('room-card')
    .nth(rooms - 1)
    .waitFor();
  await pause(1500);
  const listing = await page.evaluate(() => window.long.splice(0));
  const devtools = await page.context().newCDPSession(page);
  await devtools.send('Performance.enable');
  const spent = async () => {
    const { metrics } = await devtools.send('Performance.getMetrics');
    return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
  };
  const before = await spent();
  await act(page);
  const after = await spent();
  const long = await page.evaluate(() => window.long);
  const share = (name) =>
    `${(((after[name] - before[name]) / (after.Timestamp - before.Timestamp)) * 100).toFixed(1)} %`;
  await page.close();
  return [
    `main thread ${share('TaskDuration')} busy (script ${share('ScriptDuration')}, style ${share('RecalcStyleDuration')}, layout ${share('LayoutDuration')})`,
    `tasks over 50 ms: ${describe(long)}; while all rooms were listed at once: ${describe(listing)}`,
  ].join('; ');
}

const describe = (tasks) => (tasks.length === 0 ? 'none' : tasks.map((task) => `${task.toFixed(0)} ms`).join(', '));

const rest = () => pause(1000 * seconds);

async function scroll(page) {
  await page.mouse.move(1000, 500);
  for (let step = 0; step < seconds * 10; step++) {
    await page.mouse.wheel(0, step % 40 < 20 ? 400 : -400);
    await pause(100);
  }
}

async function search(page) {
  await page.getByTestId('find-room').click();
  for (let step = 0; step < seconds; step++) {
    await page.keyboard.type('회의', { delay: 200 });
    await page.keyboard.press('Escape');
    await pause(400);
  }
}
