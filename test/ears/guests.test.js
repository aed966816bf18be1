// People without the app: a browser on another computer opens the address that the host's Invite shows, clicks past the one warning, asks to
// come in and talks. The host has its own page and app; the guest has Chromium, or Firefox, and nothing else.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { openPage } from '../support/browsers.js';
import { openFirefox, prepareFirefoxPage } from '../support/firefox.js';
import { needsRoot, openOffice } from '../support/office.js';
import { expectToHear, people, setName, startRoom, waitForPeople } from '../support/room-page.js';
import { until } from '../support/program.js';

const tones = { host: 440, guest: 660 };
const all = Object.values(tones);
const slow = { timeout: 30_000 };

/** Pictures of what a guest sees, where a folder for them is given. */
const shots = process.env.EARSHOT_TEST_SHOTS;
const picture = async (page, name) => {
  if (!shots) return;
  mkdirSync(shots, { recursive: true });
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: `${shots}/${name}-${colorScheme}.png` });
  }
};

test('a guest without the app', { timeout: 240_000, skip: needsRoot }, async (t) => {
  const office = openOffice(t);
  const mina = office.computer('host');
  const { page: host } = await openPage(office, mina, (await mina.web()).url, {
    tone: tones.host,
    viewport: { width: 1000, height: 800 },
  });
  await setName(host, 'Mina');
  await startRoom(host);
  const visitor = office.computer('visitor');
  const link = await guestLink(host);
  assert.equal(link, `https://${mina.address}:7788`);
  const phone = { width: 390, height: 844 };
  const { page: guest, errors } = await openPage(office, visitor, 'about:blank', {
    tone: tones.guest,
    viewport: phone,
  });

  await t.test('a room takes none before its host says so', async () => {
    await clickPast(guest, link);
    await guest.getByRole('heading', { name: 'This room takes no guests' }).waitFor(slow);
    await picture(guest, 'doorstep');
  });

  await t.test('clicks past the warning, asks, is let in, and both hear each other', async () => {
    await allowGuests(host);
    await clickPast(guest, `http://${mina.address}:7788`); // as somebody types it
    await guest.getByTestId('guest-name').waitFor(slow);
    assert.equal(new URL(guest.url()).pathname, '/guest/');
    assert.match(await guest.getByTestId('guest-entry').textContent(), /Hosted by Mina/);
    await picture(guest, 'ask');
    await asks(guest, 'Noor');
    await guest.getByTestId('guest-waiting').waitFor(slow);
    await picture(guest, 'waiting');
    const knock = host.locator('[data-testid="knock"][data-name="Noor"]');
    assert.match(await knock.textContent(), /Noor asks to come in\s*Guest/);
    await knock.getByTestId('admit').click();
    await guest.getByTestId('room').waitFor(slow);
    await waitForPeople(host, ['Mina', 'Noor']);
    await expectToHear(host, [tones.guest], all);
    await expectToHear(guest, [tones.host], all);
    await picture(guest, 'room');
  });

  await t.test('is marked wherever people are listed, and has the room alone', async () => {
    for (const page of [host, guest]) {
      const tile = page.locator('[data-testid="participant"][data-name="Noor"]');
      assert.equal((await tile.getByTestId('guest-mark').textContent()).trim(), 'Guest');
      const other = page.locator('[data-testid="participant"][data-name="Mina"]');
      assert.equal(await other.getByTestId('guest-mark').count(), 0);
    }
    for (const what of ['invite', 'record', 'room-panel', 'settings', 'compare', 'mini', 'file-choose'])
      assert.equal(await guest.getByTestId(what).count(), 0, what);
    await inBar(guest, 'chat');
    assert.equal(await guest.getByTestId('file-choose').count(), 0);
    await guest.getByTestId('chat-input').fill('Hello from the browser');
    await guest.getByTestId('chat-input').press('Enter');
    await host.getByTestId('chat').click();
    const said = host.locator('[data-testid="chat-message"]', { hasText: 'Hello from the browser' });
    assert.match(await said.textContent(), /Noor\s*Guest/);
    await picture(guest, 'chat');
    await guest.getByTestId('chat-close').click();
    await host.getByTestId('chat-close').click();
  });

  await t.test('mutes itself, and comes back by itself after the cable was out', async () => {
    await guest.getByTestId('mute').click();
    await until('the host sees it', async () => (await people(host)).Noor?.muted === true);
    await expectToHear(host, [], all);
    await guest.getByTestId('mute').click();
    await expectToHear(host, [tones.guest], all);
    visitor.unplug();
    await guest.locator('[data-testid="participant"][data-you="true"]').waitFor(slow);
    await host.locator('[data-testid="participant"][data-name="Noor"].reconnecting').waitFor(slow);
    visitor.plugIn();
    await expectToHear(host, [tones.guest], all);
    await expectToHear(guest, [tones.host], all);
  });

  await t.test('raises a hand, and is marked there as well', async () => {
    await inBar(guest, 'hand');
    for (const page of [host, guest]) {
      const hand = page.locator('[data-testid="raised"][data-name="Noor"]');
      assert.equal((await hand.getByTestId('guest-mark').textContent(slow)).trim(), 'Guest');
    }
    await picture(host, 'hand');
  });

  await t.test('loads the page anew and is back, muted as before, and nobody is asked', async () => {
    await guest.getByTestId('mute').click();
    await until('the host sees it', async () => (await people(host)).Noor?.muted === true);
    const before = await idOf(host, 'Noor');
    await guest.reload();
    await guest.getByTestId('room').waitFor(slow);
    await until(
      'the host sees the one that came back',
      async () => ![before, undefined].includes(await idOf(host, 'Noor')),
    );
    await waitForPeople(host, ['Mina', 'Noor']);
    assert.equal(await host.getByTestId('knock').count(), 0);
    assert.equal((await people(host)).Noor.muted, true);
    assert.equal(await host.locator('[data-testid="raised"][data-name="Noor"]').count(), 1);
    await expectToHear(host, [], all);
    await expectToHear(guest, [tones.host], all);
    await guest.getByTestId('mute').click();
    await expectToHear(host, [tones.guest], all);
  });

  await t.test('comes back without asking from an absence that was too long for its place', async () => {
    visitor.unplug();
    await until('its place is given up', async () => (await idOf(host, 'Noor')) === undefined, { within: 40_000 });
    visitor.plugIn();
    await until('it is back', async () => (await idOf(host, 'Noor')) !== undefined, { within: 20_000 });
    await expectToHear(host, [tones.guest], all);
    await expectToHear(guest, [tones.host], all);
    assert.equal(await host.getByTestId('knock').count(), 0);
  });

  await t.test('is alone in that: another tab with the link has to ask', async () => {
    const other = await guest.context().newPage();
    await clickPast(other, link);
    await asks(other, 'Noor');
    await other.getByTestId('guest-waiting').waitFor(slow);
    await host.getByTestId('knock').waitFor(slow);
    await other.close();
    await host.getByTestId('knock').waitFor({ state: 'detached', ...slow });
    await waitForPeople(host, ['Mina', 'Noor']);
  });

  await t.test('is removed, is told, and cannot ask again at once', async () => {
    await removes(host, 'Noor');
    const outcome = guest.getByTestId('guest-outcome');
    await guest.locator('[data-testid="guest-outcome"][data-code="removed"]').waitFor(slow);
    assert.match(await outcome.textContent(), /Mina removed you from this room/);
    await picture(guest, 'ended');
    await waitForPeople(host, ['Mina']);
    await guest.reload();
    await guest.getByTestId('guest-name').waitFor(slow);
    await asks(guest, 'Noor');
    await guest.locator('[data-testid="guest-outcome"][data-code="refused"]').waitFor(slow);
    await picture(guest, 'refused');
  });

  await t.test('sees that the room has ended', async () => {
    await ends(host);
    await guest.getByTestId('guest-closed').waitFor(slow);
    await picture(guest, 'gone');
  });
  assert.deepEqual(
    errors.filter((error) => !/ERR_|status of 4|WebSocket/.test(error)),
    [],
  );
});

test('a guest with Firefox', { timeout: 120_000, skip: needsRoot }, async (t) => {
  const office = openOffice(t);
  const mina = office.computer('host');
  const { page: host } = await openPage(office, mina, (await mina.web()).url, { tone: tones.host });
  await setName(host, 'Mina');
  await startRoom(host);
  await allowGuests(host);
  const firefox = await openFirefox(office, office.here, { acceptInsecureCerts: true });
  const guest = await prepareFirefoxPage(firefox, tones.guest);
  await guest.goto(`https://${mina.address}:7788`);
  await guest.locator('[data-testid="guest-name"]').setTimeout(30_000).fill('Noor');
  await guest.locator('[data-testid="guest-ask"]').click();
  await host.locator('[data-testid="knock"][data-name="Noor"]').getByTestId('admit').click(slow);
  await guest.waitForSelector('[data-testid="room"]', slow);
  await expectToHear(host, [tones.guest], all);
  await expectToHear(guest, [tones.host], all);
  const before = await idOf(host, 'Noor');
  await guest.reload();
  await until('the host sees who came back', async () => ![before, undefined].includes(await idOf(host, 'Noor')));
  await guest.waitForSelector('[data-testid="room"]', slow);
  await expectToHear(host, [tones.guest], all);
  await expectToHear(guest, [tones.host], all);
  await ends(host);
  await guest.waitForSelector('[data-testid="guest-outcome"][data-code="room_ended"]', slow);
  const told = await guest.$eval('[data-testid="guest-entry"]', (entry) => entry.innerText);
  assert.match(told, /The host ended the room/);
});

/** The address for guests, as the host's Invite has it, which it shows once guests are allowed. */
async function guestLink(host) {
  await host.getByTestId('invite').click();
  await host.getByTestId('guest-invite').waitFor(slow);
  const shown = await host.getByTestId('guest-link').count();
  assert.equal(shown, 0, 'the address is shown before guests are allowed');
  await host.getByTestId('allow-guests').click();
  const link = await host.getByTestId('guest-link').inputValue(slow);
  assert.match(await host.getByTestId('guest-certificate').textContent(), /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
  if (shots) await host.screenshot({ path: `${shots}/invite.png` });
  await host.keyboard.press('Escape');
  await rule(host, 'guests');
  return link;
}

const allowGuests = (host) => rule(host, 'guests');

/** Turns one of the room's rules over. */
async function rule(page, name) {
  await page.getByTestId('room-panel').click();
  await page.getByTestId(`rule-${name}`).click();
  await page.keyboard.press('Escape');
}

/** The id of somebody in a page's list; undefined while nobody of that name is. */
const idOf = (page, name) =>
  page.evaluate(
    (wanted) => document.querySelector(`[data-testid="participant"][data-name="${wanted}"]`)?.dataset.participantId,
    name,
  );

/** Opens an address whose certificate Chromium does not know, and does what a person does about the warning. */
async function clickPast(page, url) {
  let open;
  // A computer that has just been plugged in: Chromium gives up what it was loading.
  do open = await page.goto(url).catch((error) => String(error));
  while (String(open).includes('ERR_NETWORK_CHANGED'));
  if (typeof open !== 'string') return; // it was clicked past before
  assert.match(open, /ERR_CERT_AUTHORITY_INVALID/);
  await page.locator('#details-button').click(slow);
  await page.locator('#proceed-link').click({ ...slow, noWaitAfter: true });
  await page.waitForURL(/^https:/, slow);
}

async function asks(page, name) {
  await page.getByTestId('guest-name').fill(name);
  await page.getByTestId('guest-ask').click();
}

async function removes(page, name) {
  const tile = page.locator(`[data-testid="participant"][data-name="${name}"]`);
  await tile.hover();
  await tile.getByTestId('person-menu').click();
  await page.getByTestId('do-remove').click();
  await page.locator('[data-testid="send-away"][open]').getByTestId('send-away-do').click();
}

/** Presses a button of the bar, which a narrow screen keeps in a menu. */
async function inBar(page, name) {
  if (!(await page.getByTestId(name).isVisible())) await page.getByTestId('bar-more').click();
  await page.getByTestId(name).click();
}

/** Ends the room for everybody. */
async function ends(host) {
  await host.getByTestId('room-panel').click();
  await host.getByTestId('end-room').click();
  await host.getByTestId('end-do').click();
}
