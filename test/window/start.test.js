// The desktop app itself on a desktop: its window opens, Start room is clicked in it, and because the user has chosen so,
// the room opens by itself in Chromium, is on everybody's list and can be heard.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chromium } from 'playwright-core';
import {
  choose,
  click,
  findWindow,
  inspect,
  openDesktop,
  photograph,
  raise,
  recordingBrowser,
} from '../support/desktop.js';
import { openOffice } from '../support/office.js';
import { pause, until } from '../support/program.js';

const inspector = '127.0.0.1:9222'; // of the window
const devtools = '127.0.0.1:9333'; // of the browser

test('the window opens, starts a room and brings it to a browser', { timeout: 120_000 }, async (t) => {
  const office = openOffice(t);
  const colleague = office.computer('colleague'); // also brings the LAN's link up
  const desk = office.here;
  const desktop = await openDesktop(desk);
  const browser = recordingBrowser(desk, devtools);
  choose(desk, 'config', { name: 'desk', openInBrowser: true });
  const app = desk.earshot([], {
    env: {
      ...desktop,
      PATH: `${browser.folder}:${process.env.PATH}`,
      WEBKIT_INSPECTOR_HTTP_SERVER: inspector,
      LANGUAGE: 'en',
      LC_ALL: 'C.UTF-8',
    },
  });

  const window = await findWindow(desktop, '^Earshot$');
  const page = await inspect(inspector);
  t.after(() => page.close());
  const shown = (id) => page.evaluate(`!!document.querySelector('[data-testid="${id}"]')`);
  await until('the lobby is shown', () => shown('lobby'));
  assert.equal(await page.evaluate('typeof RTCPeerConnection'), 'undefined', 'this is the case without WebRTC');
  await until('the lobby is drawn', () => drawn(photograph(desktop, window.id, 'artifacts/window-lobby.png')));

  const button = JSON.parse(
    await page.evaluate(`JSON.stringify((({ x, y, width, height }) => ({ x: x + width / 2, y: y + height / 2 }))(
      document.querySelector('[data-testid="start-room"]').getBoundingClientRect()))`),
  );
  click(desktop, window, button.x, button.y);

  const [room] = await until("the room is on a colleague's list", async () => {
    const rooms = await colleague.rooms('1s');
    return rooms.length > 0 && rooms;
  });
  t.diagnostic(`the room is called ${room.name}`);

  await t.test('the browser was started as an app window with a profile of its own', async () => {
    const args = await until('the browser was started', browser.args);
    assert.ok(
      args.some((arg) => /^--app=http:\/\/127\.0\.0\.1:\d+\/#ticket=/.test(arg)),
      args.join(' '),
    );
    assert.ok(
      args.some((arg) => arg.startsWith(`--user-data-dir=${desk.home}/`)),
      args.join(' '),
    );
  });
  await t.test('the room is open in it, and plays without a click', async () => {
    const shownIn = await chromium.connectOverCDP(`http://${devtools}`);
    office.onClose(async () => {
      const session = await shownIn.newBrowserCDPSession();
      await session.send('Browser.close');
      await until('the browser writes to its profile no more', browser.ended);
    });
    const room = shownIn.contexts()[0].pages()[0];
    await room.getByTestId('room').waitFor();
    await pause(1000); // the browser's word on whether sound may play
    assert.equal(await room.getByTestId('hear').count(), 0);
  });
  await t.test('the window says where the room went', async () => {
    await until('the line is shown', () => shown('open-again'));
    raise(desktop, window);
    await until('the line is drawn', () => drawn(photograph(desktop, window.id, 'artifacts/window-room.png')));
  });
  await t.test("the browser's voice is heard by a colleague", async () => {
    const { program } = await colleague.join(room.name, 'colleague');
    const hearing = await program.event('the voice from the browser', (event) => event.event === 'hearing', {
      within: 20_000,
    });
    t.diagnostic(`heard ${hearing.participant.name} ${String(hearing.took_ms)} ms after joining`);
    await until('two people are in the room', async () => (await colleague.rooms('1s'))[0]?.participants === 2);
    photograph(desktop, undefined, 'artifacts/window-screen.png');
  });
  await t.test('closing the window ends the app and its room', async () => {
    const end = await app.stop('SIGTERM');
    assert.equal(end.signal, null, app.report());
    await until('the room is gone from the list', async () => (await colleague.rooms('1s')).length === 0);
  });
});

/** A picture of something: a blank one has one colour, a half-drawn one a handful. */
const drawn = ({ colours, deviation }) => colours > 50 && deviation > 0.02;
