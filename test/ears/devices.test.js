// Real devices of the sound server in Chromium, in the middle of a call: another microphone, one that is unplugged, another loudspeaker
// also for whom is played louder than they come, and a loudspeaker that appears.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openChromium, openPage } from '../support/browsers.js';
import { SoundServer } from '../support/devices.js';
import { openOffice, transport } from '../support/office.js';
import { pause, until } from '../support/program.js';
import { tone } from '../support/rig.js';
import { enterRoom, expectToHear, letItPlay, setName } from '../support/room-page.js';

const [desks, headsets, colleagues] = [440, 550, 660];
const all = [desks, headsets, colleagues];

test('devices are chosen, unplugged and plugged in during a call', { timeout: 120_000 }, async (t) => {
  if (transport !== 'webrtc') {
    t.skip('the window on Linux has its own: window/life.test.js');
    return;
  }
  const office = openOffice(t);
  const { room } = await office.computer('server').host('Workshop');
  const sound = new SoundServer(office.here);
  await sound.start();
  sound.speaker('builtin', 'Built-in Audio');
  sound.speaker('headset-ears', 'Jabra Headset');
  sound.prefer('builtin');
  sound.microphone('desk', 'Desk Microphone', tone(desks, 150));
  sound.microphone('headset', 'Jabra Microphone', tone(headsets, 150));
  sound.prefer('desk');
  const { url } = await office.here.web();
  const { context } = await openChromium(office, office.here, { card: sound.env });
  context.setDefaultTimeout(30_000);
  const page = await context.newPage();
  await page.goto(url);
  const colleague = office.computer('colleague');
  const { page: far } = await openPage(office, colleague, (await colleague.web()).url, { tone: colleagues });
  for (const [name, each] of Object.entries({ anna: page, ben: far })) {
    await setName(each, name);
    await enterRoom(each, { roomID: room.id });
    await letItPlay(each);
  }
  const pick = async (kind, label) => {
    await page.getByTestId('devices').click();
    await page.getByTestId(`choose-${kind}`).selectOption({ label });
    await page.keyboard.press('Escape');
  };
  const plays = (name) => sound.plays(name, colleagues);

  await t.test('noise and echo are left alone, for the tones', async () => {
    await page.getByTestId('settings').click();
    await page.getByText('Music', { exact: true }).click();
    await page.keyboard.press('Escape');
    await pick('microphone', 'Desk Microphone');
    await expectToHear(far, [desks], all);
  });
  await t.test('another microphone is heard', async () => {
    await pick('microphone', 'Jabra Microphone');
    await expectToHear(far, [headsets], all);
  });
  await t.test('another loudspeaker plays, and the old one no longer', async () => {
    await until('the first plays', () => plays('builtin'));
    await pick('speaker', 'Jabra Headset');
    await until('the chosen one plays', () => plays('headset-ears'));
    await until('the first is silent', async () => !(await plays('builtin')));
  });
  await t.test('so does it for somebody who is played louder than they come', async () => {
    const loud = async () => {
      const samples = await sound.hear('headset-ears');
      return Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length);
    };
    const before = await loud();
    const tile = page.locator('[data-testid="participant"][data-name="ben"]');
    await tile.hover();
    await tile.getByTestId('person-menu').click();
    await page.getByTestId('volume').evaluate((slider) => {
      slider.value = '200';
      slider.dispatchEvent(new Event('input', { bubbles: true }));
    });
    await page.keyboard.press('Escape');
    await until('it is louder there', async () => (await loud()) > 1.5 * before);
    assert.ok(!(await plays('builtin')), 'the system’s loudspeaker plays what is louder');
    await pick('speaker', 'Built-in Audio');
    await until('the other one plays', () => plays('builtin'));
    await until('this one is silent', async () => !(await plays('headset-ears')));
    await pick('speaker', 'Jabra Headset');
    await until('it plays again', () => plays('headset-ears'));
  });
  await t.test('a loudspeaker that appears takes nothing', async () => {
    sound.speaker('television', 'Television');
    sound.prefer('television');
    await pause(4000); // the page looks every 3 s
    assert.ok(!(await plays('television')), 'the room hears it');
    assert.ok(await plays('headset-ears'));
  });
  await t.test('an unplugged microphone is replaced, with a word', async () => {
    sound.unplug('headset');
    const told = page.locator('[data-testid="device-told"][data-kind="microphone"]');
    await told.waitFor();
    assert.match(await told.innerText(), /Jabra Microphone is gone/);
    await expectToHear(far, [desks], all);
  });
});
