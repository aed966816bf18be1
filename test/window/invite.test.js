// Links in the desktop app: the one it was started with, and those that a second start hands to the app that runs.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import {
  choose,
  findWindow,
  inspect,
  openDesktop,
  openSession,
  photograph,
  recordingBrowser,
} from '../support/desktop.js';
import { openOffice } from '../support/office.js';
import { until } from '../support/program.js';

const inspector = '127.0.0.1:9222'; // of the window
const devtools = '127.0.0.1:9333'; // of the browser

test('an invite opens its room in the app that runs', { timeout: 120_000 }, async (t) => {
  const office = openOffice(t);
  const host = office.computer('host');
  const { room: kitchen } = await host.host('Kitchen');
  const { room: library } = await host.host('Library');
  const desk = office.here;
  const env = {
    ...(await openDesktop(desk)),
    ...(await openSession(desk)),
    LANGUAGE: 'en',
    LC_ALL: 'C.UTF-8',
  };
  const browser = recordingBrowser(desk, devtools);
  env.PATH = `${browser.folder}:${process.env.PATH}`;
  /** Starts the app once more, as the system does for a link, and waits for its end. */
  const again = async (...args) => {
    const second = desk.earshot(args, { env });
    const end = await second.exited;
    assert.equal(end.code, 0, second.report()); // xdg-open takes all else for a failure
  };

  choose(desk, 'config', { name: 'desk', openInBrowser: true });
  const app = desk.earshot([], { env: { ...env, WEBKIT_INSPECTOR_HTTP_SERVER: inspector } });
  await findWindow(env, '^Earshot$');
  const page = await inspect(inspector);
  t.after(() => page.close());
  const find = (id) => `document.querySelector('[data-testid="${id}"]')`;
  const shown = (id) => page.evaluate(`!!${find(id)}`);
  const text = (id) => page.evaluate(`${find(id)}?.textContent ?? ''`);
  await until('the lobby is shown', () => shown('lobby'));

  await t.test('one that is none is told, with what to do', async () => {
    await again('earshot:not-an-invite');
    await until('the window says so', async () => /neither an invite nor an address/.test(await text('notice')));
    assert.equal(await shown('lobby'), true);
  });
  await t.test('a second start with a link opens the room, on Linux in the browser', async () => {
    await again(kitchen.invite);
    await until('somebody is in the kitchen', async () => (await roomOf(host, 'Kitchen'))?.participants === 1);
    const shownIn = await chromium.connectOverCDP(`http://${devtools}`);
    office.onClose(async () => {
      const session = await shownIn.newBrowserCDPSession();
      await session.send('Browser.close');
      await until('the browser writes to its profile no more', browser.ended);
    });
    await shownIn.contexts()[0].pages()[0].getByTestId('room').waitFor();
    await until('the window says where the room went', () => shown('open-again'));
  });
  await t.test('in that room, a link to another one asks first', async () => {
    await again(library.invite);
    await until('the window asks', async () =>
      /You are in “Kitchen”. Leave it and join “Library”\?/.test(await text('switch-room')),
    );
    photograph(env, undefined, 'artifacts/window-switch.png');
    assert.equal((await roomOf(host, 'Library')).participants, 0);
    await page.evaluate(`${find('switch-accept')}.click()`);
    await until('the guest has moved', async () => {
      const [from, to] = [await roomOf(host, 'Kitchen'), await roomOf(host, 'Library')];
      return from?.participants === 0 && to?.participants === 1;
    });
  });
  await t.test('the app itself goes on', async () => {
    assert.equal(app.end, undefined);
    const end = await app.stop('SIGTERM');
    assert.equal(end.signal, null, app.report());
  });
});

const roomOf = async (computer, name) => (await computer.rooms('1s')).find((room) => room.name === name);
