// The check of microphone and loudspeaker in the window on Linux, where the app has the sound card: the meter, a sound to hear, and
// hearing oneself by the way of a room, each with the devices that are chosen.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { choose, findWindow, hands, inspect, openDesktop, photograph } from '../support/desktop.js';
import { SoundServer } from '../support/devices.js';
import { openOffice } from '../support/office.js';
import { pause, until } from '../support/program.js';
import { power } from '../support/tones.js';

const inspector = '127.0.0.1:9226';
const rate = 48000;
const [desks, headsets] = [440, 330];
/** As session/booth.ts has them: c, e and g. */
const notes = [523.25, 659.25, 783.99];
/** Between and beside them: nothing is to be heard there. */
const others = [590, 720, 870];
/** Power of a tone that is heard: -50 dBFS. */
const audible = 1e-5;

/** A tone in words of different lengths, from which a delay can be told; a held one fits wherever it is put. */
function words(frequency, seconds) {
  const samples = new Float32Array(seconds * rate);
  let state = 1;
  const between = (least, most) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return least + Math.floor(((most - least) * state) / 2 ** 32);
  };
  for (let at = 0; at < samples.length;) {
    const length = between(0.25 * rate, 0.6 * rate);
    for (let i = 0; i < length && at + i < samples.length; i++) {
      const swell = Math.min(1, i / 960, (length - i) / 960);
      samples[at + i] = 0.3 * swell * Math.sin((2 * Math.PI * frequency * i) / rate);
    }
    at += length + between(0.1 * rate, 0.35 * rate);
  }
  return samples;
}

test('microphone and loudspeaker are checked in the window', { timeout: 150_000 }, async (t) => {
  const office = openOffice(t);
  const desk = office.here;
  const sound = new SoundServer(desk);
  await sound.start();
  sound.speaker('builtin', 'Built-in Audio');
  sound.speaker('headset-ears', 'Jabra Headset');
  sound.prefer('builtin');
  sound.microphone('hush', 'Hushed Microphone', new Float32Array(150 * rate));
  sound.microphone('desk', 'Desk Microphone', words(desks, 150));
  sound.microphone('headset', 'Jabra Microphone', words(headsets, 150));
  sound.prefer('hush');
  const desktop = await openDesktop(desk);
  choose(desk, 'check', { name: 'desk' });
  const env = { ...desktop, ...sound.env, WEBKIT_INSPECTOR_HTTP_SERVER: inspector, LANGUAGE: 'en', LC_ALL: 'C.UTF-8' };
  const browser = join(desk.home, 'browser');
  const opened = join(desk.home, 'opened');
  writeFileSync(browser, `#!/bin/sh\nprintf '%s\\n' "$@" >'${opened}'\n`, { mode: 0o755 });
  const app = desk.earshot([], { config: 'check', env: { ...env, EARSHOT_BROWSER: browser } });
  t.after(() => t.diagnostic(app.report()));
  const window = await findWindow(desktop, '^Earshot$');
  const page = await inspect(inspector);
  office.onClose(() => page.close());
  const { shown, text, data, press, pick, set } = hands(page);
  await until('the lobby is shown', () => shown('lobby'), { within: 60_000 });
  // Music is sent as it is: what is made for voices takes a tone for noise.
  await set('quality', { bitrate: 32000, music: true, lowDelay: false });

  const meter = (state) =>
    until(`the meter says "${state}"`, async () => (await data('level-meter', 'state')) === state, { within: 15_000 });
  const plays = (name, frequency) =>
    until(`${name} plays ${String(frequency)} Hz`, () => sound.plays(name, frequency), { within: 15_000 });

  await t.test('it is offered, opens the microphone, and shows silence as such', async () => {
    await until('it is offered', () => shown('check-accept'));
    await press('check-accept');
    await meter('quiet');
    assert.ok(sound.listened('hush'));
  });
  await t.test('another microphone moves the meter', async () => {
    await pick('choose-microphone', 'Desk Microphone');
    await meter('speaking');
    assert.ok(!sound.listened('hush'), 'the old one is still open');
    photograph(desktop, window.id, 'artifacts/window-check.png');
  });
  await t.test('a sound comes out of the chosen loudspeaker, and of no other', async () => {
    for (const [chosen, name, other] of [
      ['headset-ears', 'Jabra Headset', 'builtin'],
      ['builtin', 'Built-in Audio', 'headset-ears'],
    ]) {
      await pick('choose-speaker', name);
      // A machine that stands still leaves out a note: there are several tries.
      let loud;
      for (let tries = 0; tries < 4; tries++) {
        const recordings = await Promise.all([chosen, other].map((each) => sound.record(each)));
        await press('play-sound');
        await pause(2200);
        const [here, there] = await Promise.all(recordings.map((each) => each.stop()));
        loud = Object.fromEntries([...notes, ...others].map((each) => [each, power(here, each)]));
        t.diagnostic(`${chosen}: ${JSON.stringify(loud)}`);
        const least = Math.min(...notes.map((each) => loud[each]));
        assert.ok(notes.every((each) => power(there, each) < audible / 1000), `${other} plays it too`); // prettier-ignore
        await until('it can be played again', async () => !(await page.evaluate(`document.querySelector('[data-testid="play-sound"]').disabled`))); // prettier-ignore
        if (least > audible / 100 && others.every((each) => loud[each] < least / 10)) {
          loud = undefined;
          break;
        }
      }
      assert.equal(loud, undefined, `${name} plays three notes, and nothing beside them`);
    }
  });
  await t.test('the microphone comes back by the way of a room, with a delay', async () => {
    await pick('choose-microphone', 'Desk Microphone');
    await pick('choose-speaker', 'Built-in Audio');
    assert.ok(!(await sound.plays('builtin', desks)), 'heard before it is asked for');
    await press('hear-myself');
    await plays('builtin', desks);
    const delay = await until('the delay is shown', async () => Number(await data('check-delay', 'milliseconds')), {
      within: 15_000,
    });
    t.diagnostic(`${String(delay)} ms: ${await text('check-delay')}`);
    photograph(desktop, window.id, 'artifacts/window-check-hearing.png');
    assert.ok(delay >= 20 && delay < 400, `${String(delay)} ms`);
    assert.match(await text('check-delay'), /takes \d+ ms/); // measured anew meanwhile
  });
  await t.test('another microphone and another loudspeaker are heard at once', async () => {
    await pick('choose-microphone', 'Jabra Microphone');
    await plays('builtin', headsets);
    await until('the old one is not heard', async () => !(await sound.plays('builtin', desks)));
    await pick('choose-speaker', 'Jabra Headset');
    await plays('headset-ears', headsets);
    await until('the other is silent', async () => !(await sound.plays('builtin', headsets)));
  });
  await t.test('an unplugged microphone gives way to the system’s', async () => {
    sound.prefer('desk');
    sound.unplug('headset');
    await plays('headset-ears', desks);
    await meter('speaking');
  });
  await t.test('without any it says so, and one that is plugged in is used without a click', async () => {
    sound.unplug('desk');
    sound.unplug('hush');
    await until('it says so', async () => (await data('check-trouble', 'reason')) === 'missing');
    sound.microphone('desk', 'Desk Microphone', words(desks, 60));
    await meter('speaking');
    await plays('headset-ears', desks);
  });
  await t.test('leaving it closes the microphone and ends the sound', async () => {
    await press('check-done');
    await until('the microphone is closed', () => !sound.listened('desk'));
    assert.ok(!(await sound.plays('headset-ears', desks)), 'it is still heard');
    assert.equal(await data('level-meter', 'state'), '');
  });
  await t.test('where its audio thread cannot be loaded, it says so and opens a browser', async () => {
    await page.reloadWith(
      'window.Worker = class extends Worker { constructor(url, options) { super(url.replace("card-", "gone-"), options); } }; window.spoilt = true;',
    );
    await until('the page is loaded anew', () => page.evaluate('window.spoilt'), { within: 20_000 });
    await until('the lobby is shown', () => shown('check-microphone'), { within: 20_000 });
    await press('check-microphone');
    await until('it says so', async () => (await data('check-trouble', 'reason')) === 'voiceless');
    assert.match(await text('check-trouble'), /This window carries no sound .* Check your microphone there/s);
    photograph(desktop, window.id, 'artifacts/window-check-voiceless.png');
    await press('check-outside');
    const args = await until('a browser is opened', () => existsSync(opened) && readFileSync(opened, 'utf8'));
    assert.match(args, /http:\/\/127\.0\.0\.1:\d+\/#ticket=/);
    assert.doesNotMatch(args, /join=/);
    assert.ok(await shown('lobby'), 'the window stays in the lobby');
  });
});
