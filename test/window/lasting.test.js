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
    const both = async (measure) => [await measure('mouth', 'far-speaker'), await measure('far-mouth', 'speaker')];
    const click = () => both(async (mouth, ear) => median(await rig.click(mouth, ear, 3)));
    const ways = ['window to Chromium', 'Chromium to window'];

    const before = { delays: await click(), memory: memoryOf(web) };
    const singing = [rig.sing('mouth', said), rig.sing('far-mouth', answered)];
    const best = [-Infinity, -Infinity];
    const heardAt = [
      ['far-speaker', said],
      ['speaker', answered],
    ];
    // A machine that stands still for a moment adds clicks of its own: the best second of each way counts.
    for (const end = Date.now() + 25_000; Date.now() < end; await pause(2000)) {
      const recording = rig.record();
      await pause(1800);
      const heard = await recording.stop();
      for (const [way, [ear, frequency]] of heardAt.entries())
        best[way] = Math.max(best[way], toneToNoise(heard[ear].subarray(-rate - 4800, -4800), frequency));
    }
    for (const each of singing) each.stop();
    await pause(1000);
    const after = { delays: await click(), memory: memoryOf(web) };
    for (const [way, name] of ways.entries()) {
      const [first, last] = [before.delays[way], after.delays[way]];
      t.diagnostic(`${name}: ${best[way].toFixed(1)} dB; ${first.toFixed(0)} ms, then ${last.toFixed(0)} ms`);
      assert.ok(best[way] >= 30, `${name}: a tone is ${best[way].toFixed(1)} dB above the rest`);
      // WebKit's own microphone comes 100 ms later after as long.
      assert.ok(last < first + 80, `${name}: ${last.toFixed(0)} ms late after ${first.toFixed(0)} ms`);
    }
    t.diagnostic(`web process: ${before.memory.toFixed(0)} MB, then ${after.memory.toFixed(0)} MB`);
    assert.ok(after.memory < before.memory + 40, 'the page keeps what it should not');

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
