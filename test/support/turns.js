// More talkers than seats: whose voice a seat carries changes all the time, while a Chromium and a Firefox listen. The
// Chromium also talks, so that it holds a seat now and then, whose packets it is not sent itself.
import assert from 'node:assert/strict';
import { openPage } from './browsers.js';
import { enterWithPuppeteer, openFirefoxPage } from './firefox.js';
import { between, listenTo } from './hearing.js';
import { pause, until } from './program.js';
import { enterRoom, setName } from './room-page.js';
import { makeTurn } from './tones.js';

const seats = 6;
const others = 5; // who talk too, and have no seat when they come
const talk = 0.6; // seconds, after which a seat is held for 2 s
const silence = 4.4;
const calmSeconds = 8;

/**
 * Lets seats change hands `wanted` times or a few more. Returns {changes, hers, seconds, unread, listeners}: how often they did,
 * how often it was Chromium's that went to somebody else, how long that took, and of each listener {name, errors, calm,
 * busy, lost}: what it heard second by second without and with changes, and the packets it missed of each seat. `unread`
 * packets were lost because the machine stood still.
 */
export async function takeTurns(office, wanted) {
  const server = office.computer('server');
  const { program: host, room } = await server.host('Turns', ['--seats', String(seats)]);
  const crowd = office.computer('crowd');
  const turn = makeTurn(office.folder, 500, { talk, silence });
  // One after the other, so that they take turns.
  const come = async (names) => {
    const coming = [];
    for (const name of names) {
      coming.push(crowd.join(room.invite, name, ['--play', turn, '--loop']));
      await pause((1000 * (talk + silence)) / (seats + others));
    }
    await Promise.all(coming);
  };
  await come(Array.from({ length: seats }, (_, index) => `seated ${String(index)}`));

  const computer = office.computer('anna');
  const chromium = await openPage(office, computer, (await computer.web()).url, { tone: 440 });
  await chromium.page.evaluate(() => window.sing(0));
  await setName(chromium.page, 'anna');
  await enterRoom(chromium.page, { roomID: room.id });
  const firefox = await openFirefoxPage(office, 660);
  await enterWithPuppeteer(firefox.page, 'ben', room.id);
  await firefox.page.locator('[data-testid="mute"]').click();
  const { participant: anna } = await host.event('anna is in', ({ participant }) => participant?.name === 'anna');

  const listeners = [
    { name: 'Chromium', ...chromium },
    { name: 'Firefox', ...firefox },
  ];
  const listen = () => Promise.all(listeners.map(({ page }) => listenTo(page)));
  const heard = ({ inbound }) => inbound.filter((seat) => seat.packetsReceived > 50).length === seats;
  await until('every seat is heard', async () => (await listen()).every(heard), { within: 30_000, every: 200 });

  /** Listens second by second until `over`. Returns what was heard in each, by listener. */
  const listenUntil = async (over) => {
    const windows = listeners.map(() => []);
    for (let last = await listen(); !over();) {
      await pause(1000);
      const now = await listen();
      windows.forEach((each, index) => each.push(between(last[index].seats, now[index].seats)));
      last = now;
    }
    return windows;
  };

  let left = calmSeconds;
  const quiet = changes(host.events).length;
  const calm = await listenUntil(() => left-- === 0);
  assert.equal(changes(host.events).length, quiet, 'no seat changes while there are no more talkers than seats');

  await come(Array.from({ length: others }, (_, index) => `standing ${String(index)}`));
  let over = false;
  const singing = (async () => {
    while (!over) {
      await chromium.page.evaluate(() => window.sing(0.3));
      await pause(1000 * talk);
      await chromium.page.evaluate(() => window.sing(0));
      await pause(1000 * silence);
    }
  })();
  const began = performance.now();
  const since = changes(host.events).length;
  const deadline = began + 30_000 + 2000 * wanted;
  const seen = () => changes(host.events).slice(since);
  const busy = await listenUntil(() => seen().length >= wanted || performance.now() > deadline);
  over = true;
  const seconds = (performance.now() - began) / 1000;
  await singing;
  const after = await listen();
  return {
    changes: seen().length,
    hers: seen().filter(({ from }) => from === anna.id).length,
    seconds,
    unread: [server, crowd, computer, office.here].reduce((sum, each) => sum + each.unread(), 0),
    listeners: listeners.map(({ name, errors }, index) => ({
      name,
      errors,
      calm: calm[index],
      busy: busy[index],
      lost: after[index].inbound.map((seat) => seat.packetsLost),
    })),
  };
}

/** Every change of a seat from one person to another that the host told: [{seat, from, to}]. */
function changes(events) {
  const all = events.filter(({ event }) => event === 'seats').map((each) => each.seats);
  return all
    .slice(1)
    .flatMap((now, index) =>
      now.map((to, seat) => ({ seat, from: all[index][seat], to })).filter(({ from, to }) => from && to && from !== to),
    );
}

/** The milliseconds that were made up in a middling second, all seats together: one that stood still counts once. */
export const madeUpMillis = (windows) =>
  median(windows.map((each) => (each.concealedSamples - each.silentConcealedSamples) / 48));

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
