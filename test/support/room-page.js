// What a person does on the page, and what they hear there. `page` is Playwright's or Puppeteer's: only evaluate is used
// for hearing, so that both browsers are heard in the same way.
import assert from 'node:assert/strict';
import { transport } from './office.js';
import { now, pause, until } from './program.js';

const id = (name) => `[data-testid="${name}"]`;
const clickSoon = { timeout: 30_000 }; // a busy machine takes its time to draw

export async function setName(page, name) {
  await page.locator(id('name-input')).fill(name, clickSoon);
  await page.locator(id('name-input')).press('Enter');
}

/** Clicks Start room and waits until this page is in it. */
export async function startRoom(page) {
  await page.locator(id('start-room')).click(clickSoon);
  await page.locator(id('room')).waitFor(clickSoon);
}

/** Clicks the card of the room that the lobby shows, as soon as it does, and waits until this page is in it. */
export async function enterRoom(page, { name, roomID } = {}) {
  const card = page.locator(
    `${id('room-card')}${roomID ? `[data-room-id="${roomID}"]` : ''}${name ? `[data-room-name="${name}"]` : ''}`,
  );
  await card.click(clickSoon);
  await page.locator(id('room')).waitFor(clickSoon);
}

export async function leaveRoom(page) {
  await page.locator(id('leave')).click(clickSoon);
  await page.locator(id('lobby')).waitFor(clickSoon);
}

/** The people the page shows: name -> {you, muted, speaking}. */
export async function people(page) {
  const list = await page.evaluate(() =>
    [...document.querySelectorAll('[data-testid="participant"]')].map(({ dataset }) => [
      dataset.name,
      { you: dataset.you === 'true', muted: dataset.muted === 'true', speaking: dataset.speaking === 'true' },
    ]),
  );
  return Object.fromEntries(list);
}

export async function waitForPeople(page, names) {
  const wanted = [...names].sort().join();
  await until(
    `the page shows ${wanted}`,
    async () =>
      Object.keys(await people(page))
        .sort()
        .join() === wanted,
  );
}

/**
 * Does what the page asks for before it may play after a reload, and gives it the click that the test's own ears need.
 */
export async function letItPlay(page) {
  const hint = page.locator(id('hear'));
  await until(
    'every seat plays',
    async () => {
      if (await hint.isVisible()) await hint.click();
      return page.evaluate(() => {
        if (window.loopback) return window.loopback.context.state === 'running';
        const seats = [...document.querySelectorAll('audio[data-seat]')];
        return seats.length > 0 && seats.every((seat) => !seat.paused);
      });
    },
    { within: 20_000 },
  );
  await page.locator('body').click({ position: { x: 2, y: 2 } });
}

export const hear = (page, tones) => page.evaluate((wanted) => window.ears.hear(wanted), tones);

/**
 * Waits until exactly these of all tones are heard in four measurements on end, each tone from a seat of its own that
 * really plays. Once all were heard, another tone is an error at once; a missing one only starts the count again, since a
 * starved machine drops out for a moment. Returns tone -> seat.
 */
export async function expectToHear(page, wanted, all) {
  const target = [...wanted].sort((a, b) => a - b);
  const deadline = now() + 20_000;
  let settled = false;
  for (let inARow = 0; inARow < 4;) {
    const seats = await hear(page, all);
    const tones = seats.flatMap((seat) => seat.tones).sort((a, b) => a - b);
    const right = tones.join() === target.join() && seats.every((seat) => seat.playing && seat.tones.length === 1);
    const foreign = tones.filter((tone, index) => !target.includes(tone) || tones.indexOf(tone) !== index);
    const said = `heard ${JSON.stringify(seats)}, wanted ${target.join(', ') || 'silence'}`;
    assert.ok(!settled || foreign.length === 0, `a tone came up that should not: ${said}`);
    assert.ok(now() < deadline, `not within 20 s: ${said}`);
    settled ||= right;
    inARow = right ? inARow + 1 : 0;
    if (inARow === 4) return Object.fromEntries(seats.map((seat) => [seat.tones[0], seat.seat]));
    await pause(right ? 200 : 100);
  }
}

/**
 * Asserts that the page's only live connection was negotiated by one offer and one answer and asks for nothing more; and
 * that a page whose voice goes by loopback has none.
 */
export async function expectOneNegotiation(page, who) {
  const all = await page.evaluate(() => window.negotiations());
  if (await page.evaluate(() => window.loopback !== undefined)) {
    assert.equal(transport, 'loopback');
    assert.deepEqual(all, [], `${who} has no connection of its own`);
    return;
  }
  assert.equal(transport, 'webrtc');
  const live = all.filter((connection) => connection.state !== 'closed');
  assert.equal(live.length, 1, `${who} has one live connection: ${JSON.stringify(all)}`);
  for (const connection of all) {
    assert.deepEqual(connection.local, ['offer'], `${who} made one offer`);
    assert.deepEqual(connection.remote, ['answer'], `${who} took one answer`);
    assert.ok(connection.negotiationNeeded <= 1, `${who} needed no renegotiation: ${JSON.stringify(connection)}`);
  }
}
