// How the voice of the window on Linux sounds, and that it stays so: the short form of what `scripts/bench window` and `scripts/bench echo`
// measure. The real window with a sound card, and a colleague in Chromium who shares that card, so that both ends are recorded in sync.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { learning, rate, returnLosses } from '../support/compare.js';
import { asItIs, inRoom, repeated, speak } from '../support/desk.js';
import { median } from '../support/figures.js';
import { memoryOf, webProcessOf } from '../support/processes.js';
import { pause, until } from '../support/program.js';
import { toneToNoise } from '../support/rig.js';

const [said, answered] = [440, 660];
const echoSeconds = 10;

test('a voice in the window stays as it is, and a colleague does not hear the own voice again', async (t) => {
  const sound = { ...asItIs, echo: true };
  await inRoom({ far: 'Chromium', music: true, sound, farSound: asItIs }, async ({ rig, desk }) => {
    const web = await until('the web process is there', () => webProcessOf(desk.app.pid));
    const before = memoryOf(web);
    const singing = [rig.sing('mouth', said), rig.sing('far-mouth', answered)];
    const best = { 'far-speaker': -Infinity, speaker: -Infinity };
    // A machine that stands still for a moment adds clicks of its own: the best second of each way counts.
    for (const end = Date.now() + 25_000; Date.now() < end; await pause(1000)) {
      const recording = rig.record();
      await pause(1800);
      const heard = await recording.stop();
      for (const ear of ['far-speaker', 'speaker']) {
        const last = heard[ear].subarray(-rate - 4800, -4800);
        best[ear] = Math.max(best[ear], toneToNoise(last, ear === 'speaker' ? answered : said));
      }
    }
    for (const each of singing) each.stop();
    const after = memoryOf(web);
    t.diagnostic(
      `at Chromium ${best['far-speaker'].toFixed(1)} dB, at the window ${best.speaker.toFixed(1)} dB; ` +
        `the web process has ${before.toFixed(0)} MB, then ${after.toFixed(0)} MB`,
    );
    for (const [ear, snr] of Object.entries(best))
      assert.ok(snr >= 30, `${ear}: a tone is ${snr.toFixed(1)} dB above the rest`);
    assert.ok(after < before + 40, 'the page keeps what it should not');

    // The canceller works on voices alone, not on music.
    const page = await desk.inspect();
    await page.evaluate(
      `void window.go.app.Methods.ChangeSettings('quality', { bitrate: 32000, music: false, lowDelay: false })`,
    );
    page.close();
    rig.leak(0);
    rig.say('far-mouth', repeated(speak().samples, learning + echoSeconds + 10));
    await pause(1000 * learning);
    const recording = rig.record();
    await pause(1000 * echoSeconds + 1500);
    const losses = returnLosses(await recording.stop(), echoSeconds);
    t.diagnostic(`echo return loss, dB by second: ${losses.map((each) => each.toFixed(0)).join(' ')}`);
    assert.ok(losses.length > echoSeconds / 2, 'the colleague is heard at the desk');
    // Without a canceller it is 0; where the machine stands still for a moment the canceller learns anew.
    assert.ok(median(losses) >= 20, 'half of the seconds come back less than 20 dB quieter');
  });
});
