// Our voice and our ears: deafening, how loud one hears somebody, talking while muted, hands, and a mute that outlasts a reload.
// Two Chromiums with the product's own page; what the one plays aloud is recorded at its sound card.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openPage } from '../support/browsers.js';
import { openOffice } from '../support/office.js';
import { pause, until } from '../support/program.js';
import { openRig } from '../support/rig.js';
import { enterRoom, expectToHear, letItPlay, people, setName, startRoom, waitForPeople } from '../support/room-page.js';
import { power } from '../support/tones.js';

const tone = 660;
const all = [tone];

test('ears', { timeout: 240_000 }, async (t) => {
  const office = openOffice(t);
  const [home, away] = [office.computer('home'), office.computer('away')];
  const rig = await openRig(home);
  const { page: host } = await openPage(office, home, (await home.web()).url, { card: rig.env });
  const { page: ben } = await openPage(office, away, (await away.web()).url, { tone });
  await setName(host, 'host');
  await setName(ben, 'ben');
  await startRoom(host);
  await enterRoom(ben, { name: await host.locator('h1').textContent() });
  await waitForPeople(host, ['host', 'ben']);
  await expectToHear(host, all, all);

  /** How loud the tone is at the sound card, in dB below full scale, over two seconds. */
  async function loudness() {
    await pause(700); // what was set is heard
    const recording = rig.record();
    await pause(2500);
    const samples = (await recording.stop()).speaker;
    // The median of pieces of 100 ms: a machine that stands still drops out for a moment.
    const pieces = [];
    for (let at = 0; at + 4800 <= samples.length; at += 4800) pieces.push(power(samples.subarray(at, at + 4800), tone));
    pieces.sort((a, b) => a - b);
    return 10 * Math.log10(Math.max(1e-14, pieces[Math.floor(pieces.length / 2)] ?? 0));
  }

  const open = async (page, name) => {
    const tile = page.locator(`[data-testid="participant"][data-name="${name}"]`);
    await tile.hover();
    await tile.getByTestId('person-menu').click();
  };
  const setVolume = async (percent) => {
    await open(host, 'ben');
    await host.getByTestId('volume').evaluate((slider, value) => {
      slider.value = String(value);
      slider.dispatchEvent(new Event('input', { bubbles: true }));
    }, percent);
    await host.keyboard.press('Escape');
  };

  const light = (page, word) =>
    until(`the light says ${word}`, async () => (await page.getByTestId('mute').getAttribute('data-light')) === word);

  const usual = await loudness();
  await t.test('how loud somebody is played is what was chosen', async () => {
    assert.ok(usual > -40, `the tone is at ${usual.toFixed(1)} dB`);
    for (const [percent, wanted] of [
      [150, 3.5],
      [200, 6],
      [50, -6],
      [100, 0],
    ]) {
      await setVolume(percent);
      const change = (await loudness()) - usual;
      t.diagnostic(`${String(percent)} %: ${change.toFixed(1)} dB, of ${wanted.toFixed(1)}`);
      assert.ok(Math.abs(change - wanted) < 1, `${String(percent)} % is ${change.toFixed(2)} dB`);
    }
  });

  await t.test('who is muted here is silent, here alone, also after a reload', async () => {
    await open(host, 'ben');
    await host.getByTestId('mute-here').click();
    await host.keyboard.press('Escape');
    assert.ok((await loudness()) < usual - 50);
    await light(ben, 'heard');
    await host.reload();
    await host.getByTestId('room').waitFor();
    await letItPlay(host);
    assert.ok((await loudness()) < usual - 50);
    await open(host, 'ben');
    await host.getByTestId('mute-here').click();
    await host.keyboard.press('Escape');
    assert.ok(Math.abs((await loudness()) - usual) < 1);
  });

  await t.test('who is deafened hears nothing and is muted, and then is as before', async () => {
    await host.getByTestId('deafen').click();
    assert.ok((await loudness()) < usual - 50);
    await until('ben sees it', async () => {
      const tile = ben.locator('[data-testid="participant"][data-name="host"]');
      return (
        (await tile.getAttribute('data-deafened')) === 'true' && (await tile.getAttribute('data-muted')) === 'true'
      );
    });
    await host.getByTestId('deafen').click();
    assert.ok(Math.abs((await loudness()) - usual) < 1);
    await until('the host is unmuted again', async () => !(await people(ben)).host.muted);
  });

  await t.test('who talks while muted is told so, and the light follows what the host receives', async () => {
    await light(ben, 'heard');
    await ben.evaluate(() => window.sing(0));
    await ben.getByTestId('mute').click();
    await light(ben, 'muted');
    await pause(1500);
    assert.equal(await ben.getByTestId('talks-muted').count(), 0);
    await ben.evaluate(() => window.sing(0.3));
    await ben.getByTestId('talks-muted').waitFor();
    await expectToHear(host, [], all); // nothing of it got out
    await ben.getByTestId('talks-muted').getByRole('button').click();
    await expectToHear(host, all, all);
    await light(ben, 'heard');
  });

  await t.test('a mute outlasts a reload, and is not lifted for a moment', async () => {
    await ben.getByTestId('mute').click();
    await expectToHear(host, [], all);
    await ben.reload();
    await ben.getByTestId('room').waitFor();
    await letItPlay(ben);
    await light(ben, 'muted');
    await expectToHear(host, [], all);
    await ben.keyboard.press('m');
    await expectToHear(host, all, all);
  });

  await t.test('who was muted by the host raises a hand, and the host lets speak by one click', async () => {
    await open(host, 'ben');
    await host.getByTestId('do-mute').click();
    await light(ben, 'silenced');
    await ben.keyboard.press('h');
    await host.locator('[data-testid="raised"][data-name="ben"]').waitFor();
    await expectToHear(host, [], all);
    await host.getByTestId('let-speak').click();
    await host.locator('[data-testid="raised"]').waitFor({ state: 'detached' });
    await expectToHear(host, all, all);
    await light(ben, 'heard');
  });
});
