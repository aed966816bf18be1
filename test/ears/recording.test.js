// A room that is recorded from a real page: everybody sees it, each file has its speaker's tone and nothing else, and what is
// there when the app is killed plays.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { openPage } from '../support/browsers.js';
import { openOffice } from '../support/office.js';
import { pause, until } from '../support/program.js';
import { enterRoom, letItPlay, setName, waitForPeople } from '../support/room-page.js';
import { decode, prominence } from '../support/tones.js';

const tones = { anna: 440, ben: 700, chloe: 1100 };

/** The recordings of a computer, latest last. */
function recordings(computer) {
  const folder = join(computer.home, 'Music', 'Earshot');
  return readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));
}

/** Checks that a folder has one file for each of these, with their tone alone. */
function checkVoices(t, folder, names, seconds) {
  const timeline = JSON.parse(readFileSync(join(folder, 'timeline.json'), 'utf8'));
  const files = readdirSync(folder).filter((file) => file.endsWith('.ogg'));
  assert.deepEqual(files.map((file) => file.split('-')[0]).sort(), [...names].sort());
  for (const name of names) {
    const { file, id } = timeline.events.find((event) => event.event === 'file' && event.name === name);
    const samples = decode(join(folder, file));
    const others = Object.values(tones).filter((tone) => tone !== tones[name]);
    // Its middle: the tone has begun, and the echo canceller of nobody is asked.
    const clear = prominence(samples.subarray(samples.length / 4, (samples.length * 3) / 4), tones[name], others);
    t.diagnostic(`${name}: ${(samples.length / 48000).toFixed(1)} s, tone ${clear.toFixed(0)} dB above the others`);
    assert.ok(clear > 30, `${name}'s tone is ${clear.toFixed(1)} dB above the others`);
    assert.ok(samples.length > seconds * 48000, `${name} has ${String(samples.length / 48000)} s`);
    const spoke = timeline.events.filter((event) => event.event === 'spoke' && event.id === id);
    if (timeline.events.at(-1).event === 'ended') {
      const said = spoke.reduce((sum, { at, until: end }) => sum + end - at, 0);
      assert.ok(said > seconds * 0.6, `${name} spoke for ${said.toFixed(1)} s by the timeline`);
    }
  }
  return timeline;
}

test('a room is recorded', { timeout: 180_000 }, async (t) => {
  const office = openOffice(t);
  const { room } = await office.computer('server').host('Kitchen');
  const pages = {};
  const programs = {};
  const computers = {};
  for (const name of Object.keys(tones)) {
    computers[name] = office.computer(name);
    programs[name] = computers[name].earshot(['web', '--json', '--no-open'], {
      config: 'web',
      env: { XDG_MUSIC_DIR: join(computers[name].home, 'Music'), HOME: computers[name].home },
    });
    const { url } = await programs[name].event('ready', (event) => event.event === 'ready');
    ({ page: pages[name] } = await openPage(office, computers[name], url, { tone: tones[name] }));
    await setName(pages[name], name);
    if (name === 'chloe') continue;
    await enterRoom(pages[name], { roomID: room.id });
  }
  const { anna, ben, chloe } = pages;
  for (const page of [anna, ben]) await waitForPeople(page, ['anna', 'ben']);
  await letItPlay(anna);

  await t.test('by a click, after it was said what that means; everybody sees it, inside and outside', async () => {
    await anna.getByTestId('record').click();
    await anna.getByTestId('record-dialog').waitFor();
    await anna.getByTestId('record-start').click();
    await until('anna records', async () => (await anna.getByTestId('recording-line').textContent()).includes('You'));
    await until('ben sees it', async () => (await ben.getByTestId('recording-line').textContent()).includes('anna'));
    assert.equal(await ben.getByTestId('recording-line').getAttribute('role'), 'status');
    await until(
      'the tile says so',
      async () => (await ben.locator('[data-name="anna"] [data-testid="recording-mark"]').count()) === 1,
    );
    await until(
      'the lobby says so',
      async () =>
        (await chloe.getByTestId('room-recorded').count()) === 1 &&
        (await chloe.getByTestId('room-recorded').textContent()).includes('anna'),
    );
  });
  await t.test('whoever comes is recorded too, and nobody new is on the list', async () => {
    await enterRoom(chloe, { roomID: room.id });
    await waitForPeople(ben, ['anna', 'ben', 'chloe']);
    await pause(6000);
  });
  await t.test('one file for each voice, the own one too', async () => {
    await anna.getByTestId('record').click();
    const notice = anna.locator('[data-testid="notice"][data-code="recording_saved"]');
    await notice.waitFor();
    await until('ben sees that it is over', async () =>
      (await ben.getByTestId('recording-line').textContent()).includes('Nobody'),
    );
    const [folder, ...more] = recordings(computers.anna);
    assert.equal(more.length, 0);
    assert.ok((await notice.textContent()).includes(folder));
    const timeline = checkVoices(t, folder, ['anna', 'ben', 'chloe'], 4);
    assert.equal(timeline.room, 'Kitchen');
    assert.equal(timeline.events.at(-1).event, 'ended');
  });
  await t.test('what a killed app leaves behind plays', async () => {
    await ben.getByTestId('record').click();
    await ben.getByTestId('record-start').click();
    await until('anna sees it', async () => (await anna.getByTestId('recording-line').textContent()).includes('ben'));
    await pause(6000);
    await programs.ben.stop('SIGKILL');
    checkVoices(t, recordings(computers.ben)[0], ['anna', 'ben', 'chloe'], 3);
  });
});
