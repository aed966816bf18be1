// The echo of the window on Linux: what a colleague says is heard aloud at the desk, as loud in its microphone as it is played, and does
// not come back. The app's sound card, its reference and WebRTC's canceller, as users get them: the short form of `scripts/bench echo`.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { learning, rate, returnLosses } from '../support/compare.js';
import { asItIs, inRoom, repeated, speak } from '../support/desk.js';
import { median } from '../support/figures.js';
import { pause } from '../support/program.js';
import { toneToNoise } from '../support/rig.js';

const [said, answered] = [440, 660];
const echoSeconds = 10;

test('a colleague hears the desk, is heard there, and does not hear the own voice again', async (t) => {
  const sound = { ...asItIs, echo: true };
  await inRoom({ far: 'Chromium', music: true, sound, farSound: asItIs }, async ({ rig, desk }) => {
    const singing = [rig.sing('mouth', said), rig.sing('far-mouth', answered)];
    const best = { 'far-speaker': -Infinity, speaker: -Infinity };
    for (const end = Date.now() + 20_000; Date.now() < end; await pause(1000)) {
      const recording = rig.record();
      await pause(1800);
      const heard = await recording.stop();
      for (const ear of ['far-speaker', 'speaker']) {
        const last = heard[ear].subarray(-rate - 4800, -4800);
        best[ear] = Math.max(best[ear], toneToNoise(last, ear === 'speaker' ? answered : said));
      }
    }
    for (const each of singing) each.stop();
    t.diagnostic(`at Chromium ${best['far-speaker'].toFixed(1)} dB, at the window ${best.speaker.toFixed(1)} dB`);
    // How clean it is where nothing else runs says `scripts/bench window`: what Chromium plays breaks off on a busy machine.
    for (const [ear, snr] of Object.entries(best)) assert.ok(snr > 6, `${ear}: the tone is not heard`);

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
