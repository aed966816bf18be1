// A page whose network changes while it talks: it stays in the room, and hears and is heard again without a click.
// What is promised and how it is measured is said in test/office/moves.test.js.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPage } from '../support/browsers.js';
import { blockUDP, giveAddress, onlyIPv4, onlyIPv6, setLink, takeAddress, voiceArrives } from '../support/moves.js';
import { needsRoot, openOffice } from '../support/office.js';
import { now, pause, until } from '../support/program.js';
import { enterRoom, expectToHear, letItPlay, people, setName, waitForPeople } from '../support/room-page.js';
import { decode, loudestSecond, makeTone, power } from '../support/tones.js';

const tones = { anna: 440, ben: 660 };
const all = Object.values(tones);
const slack = 5000;

test('a browser whose network changes', { skip: needsRoot, timeout: 180_000 }, async (t) => {
  const office = openOffice(t);
  const server = office.computer('server');
  const anna = office.computer('anna');
  const ben = office.computer('ben');
  [server, anna, ben].forEach(onlyIPv4);
  const { program: host, room } = await server.host('Moving');
  const { program: listener } = await ben.join(room.invite, 'ben', [
    '--play',
    makeTone(office.folder, tones.ben),
    '--loop',
  ]);
  const { program: web, url } = await anna.web();
  const { page, errors } = await openPage(office, anna, url, { tone: tones.anna, remembered: true });
  await setName(page, 'anna');
  await enterRoom(page, { roomID: room.id });
  await waitForPeople(page, ['anna', 'ben']);
  await expectToHear(page, [tones.ben], all);
  await page.evaluate(() => {
    window.screens = new Set();
    setInterval(() => window.screens.add(document.querySelector('[data-testid="room"]') ? 'room' : 'another'), 20);
  });

  const left = () => [...host.events, ...listener.events].filter(({ event }) => event === 'left');
  const backWithin = async (returned, programs) => {
    for (const [name, program] of Object.entries(programs)) {
      const back = (await voiceArrives(program, 20_000)) - returned;
      t.diagnostic(`${name} hears the other ${back.toFixed(0)} ms after the network's return`);
      assert.ok(back < slack, `${name} hears the other ${back.toFixed(0)} ms after the network's return`);
    }
    await expectToHear(page, [tones.ben], all);
    assert.deepEqual(await page.evaluate(() => [...window.screens]), ['room']);
  };

  for (const [what, leave, comeBack] of [
    ["the page's address changes", () => takeAddress(anna), () => giveAddress(anna, '10.77.0.111')],
    ["the host's address changes", () => takeAddress(server), () => giveAddress(server, '10.77.0.222')],
    ['the link is down for 4 s', () => setLink(anna, 'down'), () => setLink(anna, 'up')],
  ])
    await t.test(what, async () => {
      leave();
      await pause(what.includes('4 s') ? 4000 : 2000);
      comeBack();
      await backWithin(now(), { anna: web, ben: listener });
      assert.deepEqual(left(), []);
    });

  await t.test('after an absence of 20 s the page is in the room again, muted as it was', async () => {
    await page.getByTestId('mute').click();
    await until('ben sees that anna is muted', async () => (await people(page)).anna.muted);
    setLink(anna, 'down');
    const gone = now();
    await listener.event('anna is given up', ({ event }) => event === 'left', { within: 25_000 });
    await pause(20_000 - (now() - gone));
    setLink(anna, 'up');
    const returned = now();
    const { at } = await listener.event('anna is in again', ({ event }) => event === 'joined', { after: returned });
    t.diagnostic(`in the room ${(at - returned).toFixed(0)} ms after the network's return`);
    await backWithin(returned, { anna: web });
    assert.equal((await people(page)).anna.muted, true);
    assert.equal(await page.getByTestId('mute').getAttribute('aria-pressed'), 'true');
  });

  await t.test('the page reported no error', () => assert.deepEqual(errors, []));
});

for (const [what, prepare] of [
  ['UDP is blocked: a page takes TCP', ({ anna }) => blockUDP(anna)],
  [
    'a LAN of IPv6 alone, for a page',
    ({ server, anna, ben }) => [server, anna, ben].forEach((computer, i) => onlyIPv6(computer, `fd77::1${String(i)}`)),
  ],
])
  test(what, { skip: needsRoot, timeout: 60_000 }, async (t) => {
    const office = openOffice(t);
    const server = office.computer('server');
    const anna = office.computer('anna');
    const ben = office.computer('ben');
    prepare({ server, anna, ben });
    const { room } = await server.host('Special');
    const folder = join(ben.home, 'recorded');
    mkdirSync(folder);
    const play = ['--play', makeTone(office.folder, tones.ben), '--loop', '--record', folder];
    const { program: listener } = await ben.join(room.invite, 'ben', play);
    const { url } = await anna.web();
    const { page, errors } = await openPage(office, anna, `${url}&join=${encodeURIComponent(room.invite)}`, {
      tone: tones.anna,
      remembered: true,
    });
    await page.getByTestId('recorded-enter').click(); // ben records, which whoever comes by an invite is asked about
    await letItPlay(page);
    await expectToHear(page, [tones.ben], all);
    await pause(2000);
    assert.equal((await listener.stop('SIGINT')).code, 0, listener.report());
    const [recorded] = readdirSync(folder);
    const level = power(loudestSecond(decode(join(folder, recorded))), tones.anna);
    assert.ok(level > 1e-5, `what ben recorded has ${level.toExponential(1)} of the page's tone`);
    assert.deepEqual(errors, []);
  });
