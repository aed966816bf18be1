// The life of a voice in the window on Linux: sound systems and devices that come and go, a window that nobody looks at, a computer
// that sleeps. After each the voice goes on by itself, or the window says what to do.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { openPage } from '../support/browsers.js';
import { choose, findWindow, hands, inspect, openDesktop, photograph } from '../support/desktop.js';
import { SoundServer } from '../support/devices.js';
import { openOffice } from '../support/office.js';
import { pause, until } from '../support/program.js';
import { tone } from '../support/rig.js';
import { enterRoom, expectToHear, setName } from '../support/room-page.js';

const inspector = '127.0.0.1:9225';
const [desks, headsets, colleagues] = [440, 550, 660];
const all = [desks, headsets, colleagues];

/** A process and all that it has started. */
function family(pid) {
  const parents = readdirSync('/proc')
    .filter((id) => /^\d+$/.test(id))
    .map((id) => {
      try {
        return [Number(id), Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${id}/stat`, 'utf8'))?.[1])];
      } catch {
        return [0, -1]; // it ended meanwhile
      }
    });
  const found = [pid];
  for (const one of found) found.push(...parents.filter(([, parent]) => parent === one).map(([id]) => id));
  return found;
}

test('the voice of a window goes on, or the window says what to do', { timeout: 240_000 }, async (t) => {
  const office = openOffice(t);
  const { room } = await office.computer('server').host('Workshop');
  const colleague = office.computer('colleague');
  const desk = office.here;
  const sound = new SoundServer(desk);
  sound.speaker('builtin', 'Built-in Audio');
  sound.speaker('headset-ears', 'Jabra Headset');
  sound.microphone('desk', 'Desk Microphone', tone(desks, 180));
  sound.microphone('headset', 'Jabra Microphone', tone(headsets, 180));
  const desktop = await openDesktop(desk);
  choose(desk, 'life', { name: 'desk' });
  const env = { ...desktop, ...sound.env, WEBKIT_INSPECTOR_HTTP_SERVER: inspector, LANGUAGE: 'en', LC_ALL: 'C.UTF-8' };
  const app = desk.earshot([], { config: 'life', env: { ...env, EARSHOT_BROWSER: '/bin/true' } });
  t.after(() => t.diagnostic(app.report()));
  const window = await findWindow(desktop, '^Earshot$');
  const page = await inspect(inspector);
  office.onClose(() => page.close());
  const { shown, text, press, options, pick, set } = hands(page);
  const told = (kind, what) =>
    page.evaluate(
      `document.querySelector('[data-testid="device-told"][data-kind="${kind}"][data-what="${what}"]')?.innerText ?? ''`,
    );
  await until('the lobby is shown', () => shown('lobby'), { within: 60_000 });
  // Music is sent as it is: what is made for voices takes a tone for noise.
  await set('quality', { bitrate: 32000, music: true, lowDelay: false });

  await t.test('without a sound server it says what to do, and offers a browser', async () => {
    await until('the room is listed', () => shown('room-card'), { within: 20_000 });
    await press('room-card');
    await until('it says so', () => shown('soundless'), { within: 15_000 });
    assert.match(await text('soundless'), /Start PipeWire or PulseAudio/);
    assert.ok(await shown('browser-instead'));
    photograph(desktop, window.id, 'artifacts/window-soundless.png');
  });

  const { url } = await colleague.web();
  const { page: far, errors } = await openPage(office, colleague, url, { tone: colleagues });
  await setName(far, 'colleague');
  await enterRoom(far, { roomID: room.id });
  /** Both hear each other: the colleague this microphone, and that loudspeaker plays the colleague. */
  const talk = async (microphone, speaker) => {
    await expectToHear(far, [microphone], all);
    await until(`${speaker} plays the colleague`, () => sound.plays(speaker, colleagues), { within: 20_000 });
  };

  await t.test('a sound server that comes later is used without a click', async () => {
    await sound.start();
    sound.prefer('builtin');
    sound.prefer('desk');
    await talk(desks, 'builtin');
    await until('nothing is said any more', async () => !(await shown('soundless')));
  });
  await t.test('microphones and loudspeakers are those of the system, by name', async () => {
    await press('devices');
    await until('the list is there', () => shown('choose-microphone'));
    const microphones = await options('choose-microphone');
    assert.deepEqual(microphones, ['The system’s default (Desk Microphone)', 'Desk Microphone', 'Jabra Microphone']);
    assert.ok((await options('choose-speaker')).includes('Jabra Headset'));
  });
  await t.test('another microphone and another loudspeaker are used at once', async () => {
    await pick('choose-microphone', 'Jabra Microphone');
    await pick('choose-speaker', 'Jabra Headset');
    await talk(headsets, 'headset-ears');
    assert.ok(!(await sound.plays('builtin', colleagues)), 'the old loudspeaker still plays');
    await page.evaluate(`void document.querySelector('[data-testid="devices-panel"]').close?.()`);
  });
  await t.test('a loudspeaker that appears takes nothing', async () => {
    sound.speaker('television', 'Television');
    sound.prefer('television');
    await pause(1500);
    assert.ok(!(await sound.plays('television', colleagues)), 'the room hears it');
    assert.ok(await sound.plays('headset-ears', colleagues));
  });
  await t.test('an unplugged microphone is replaced with a word, and used again when it is back', async () => {
    sound.unplug('headset');
    await until('it says so', async () => (await told('microphone', 'gone')).includes('Jabra Microphone'));
    await expectToHear(far, [desks], all);
    sound.microphone('headset', 'Jabra Microphone', tone(headsets, 180));
    await until('it says so', async () => (await told('microphone', 'back')).includes('Jabra Microphone'));
    await expectToHear(far, [headsets], all);
  });
  await t.test('a microphone that the system has muted is named within 5 s', async () => {
    sound.mute('headset', true);
    const since = Date.now();
    await until('it says so', () => shown('dead-microphone'));
    t.diagnostic(`said after ${String(Date.now() - since)} ms: ${await text('dead-microphone')}`);
    assert.ok(Date.now() - since < 5000);
    assert.match(await text('dead-microphone'), /Jabra Microphone is muted/);
    sound.mute('headset', false);
    await until('nothing is said any more', async () => !(await shown('dead-microphone')));
    await expectToHear(far, [headsets], all);
  });
  await t.test('a sound server that is restarted in the middle is used again without a click', async () => {
    await sound.kill();
    await until('it says so', () => shown('soundless'));
    await sound.start();
    await talk(headsets, 'headset-ears');
    await until('nothing is said any more', async () => !(await shown('soundless')));
  });
  await t.test('a window that is minimised, or hidden, talks on', async () => {
    const tool = (...args) => execFileSync('xdotool', args, { env: { ...process.env, ...desktop } });
    for (const [away, back] of [['windowminimize', 'windowactivate'], ['windowunmap', 'windowmap']]) {
      tool(away, window.id);
      await pause(3000);
      await talk(headsets, 'headset-ears');
      tool(back, window.id);
    } // prettier-ignore
  });
  await t.test('after 20 s of sleep it is back by itself', async () => {
    const asleep = family(app.pid);
    assert.ok(asleep.length > 2, 'WebKit has processes of its own');
    for (const pid of asleep) process.kill(pid, 'SIGSTOP');
    try {
      await pause(20_000);
    } finally {
      for (const pid of asleep) process.kill(pid, 'SIGCONT');
    }
    await until('it is in the room', () => shown('room'), { within: 30_000 });
    await until('it is heard', () => expectToHear(far, [headsets], all).then(() => true), { within: 40_000 });
    await talk(headsets, 'headset-ears');
  });
  const spoilt = {
    'without WebAssembly': 'delete window.WebAssembly;',
    'whose audio thread cannot be loaded':
      'window.Worker = class extends Worker { constructor(url, options) { super(url.replace("card-", "gone-"), options); } };',
  };
  for (const [what, script] of Object.entries(spoilt))
    await t.test(`a window ${what} opens rooms in a browser, and says so`, async () => {
      if (await shown('leave')) await press('leave');
      await until('the lobby is shown', () => shown('lobby'), { within: 60_000 });
      await page.reloadWith(`${script} window.spoilt = ${JSON.stringify(what)};`);
      await until('the page is loaded anew', async () => (await page.evaluate('window.spoilt')) === what, {
        within: 20_000,
      });
      await until('the room is listed', () => shown('room-card'), { within: 20_000 });
      await press('room-card');
      await until('it opens outside', () => shown('elsewhere'), { within: 15_000 });
      assert.match(await text('elsewhere'), /opened in .*This window carries no sound/s);
    });
  assert.deepEqual(errors, []);
});
