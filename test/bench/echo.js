// What comes back of a voice that is heard aloud: a colleague reads, and what the desk's loudspeaker plays leaks into its microphone
// through a cable inside the sound card, as loud as it is played and 12 dB quieter. In Earshot's window, and in Chromium's own page with
// Chromium's own canceller.
import { median } from '../support/figures.js';
import { pause } from '../support/program.js';
import { delayOf, learning, levelOf, rate, returnLosses } from '../support/compare.js';
import { asItIs, cleaned, inRoom, repeated, speak } from '../support/desk.js';

const list = (name, usual) => (process.env[name] ?? usual).split(',');
const seconds = Number(process.env.EARSHOT_BENCH_SECONDS ?? 60);

const sounds = { off: asItIs, echo: { ...asItIs, echo: true }, all: cleaned };

export async function echo() {
  const far = speak();
  const near = speak('en+f3');
  for (const kind of list('EARSHOT_BENCH_NEAR', 'window,Chromium'))
    for (const loop of list('EARSHOT_BENCH_LOOP', '0,-12').map(Number))
      for (const name of list('EARSHOT_BENCH_CARE', 'off,echo,all')) {
        await inRoom({ near: kind, far: 'Chromium', sound: sounds[name], farSound: asItIs }, (ends) =>
          measure(ends, { kind, loop, name, far, near }),
        );
      }
}

async function measure({ rig }, { kind, loop, name, far, near }) {
  const off = name === 'off';
  const single = off ? 20 : seconds;
  const double = off ? 0 : 15;
  rig.leak(loop);
  rig.say('far-mouth', repeated(far.samples, learning + single + double + 6));
  await pause(learning * 1000);
  const recording = rig.record();
  await pause(single * 1000 + 1500);
  if (double) rig.say('mouth', repeated(near.samples, double));
  await pause(double * 1000 + 1500);
  const heard = await recording.stop();

  const losses = returnLosses(heard, single);
  console.log(
    `Echo, ${kind}, loop ${String(loop)} dB, ${name}: median ${median(losses).toFixed(1)} dB, worst second ` +
      `${Math.min(...losses).toFixed(1)} dB of ${String(losses.length)}: ${losses.map((each) => each.toFixed(0)).join(' ')}`,
  );
  if (!double) return;
  // Of the near voice, which is said at the same time: how much of it is in what the colleague hears.
  const own = withoutLeak(heard.mouth, heard.speaker, single * rate);
  const found = [];
  for (let second = single + 3; second < single + double; second++) {
    const each = delayOf(own, heard['far-speaker'], second * rate);
    if (each)
      found.push({
        ...each,
        level:
          levelOf(heard['far-speaker'], Math.round((second + each.delay / 1000) * rate)) - levelOf(own, second * rate),
      });
  }
  const of = (key) => median(found.map((each) => each[key]));
  console.log(
    `Double talk, ${kind}, loop ${String(loop)} dB, ${name}: the near voice is ${of('likeness').toFixed(2)} alike, ` +
      `${of('level').toFixed(1)} dB, ${of('delay').toFixed(0)} ms later (median of ${String(found.length)} seconds; least alike ` +
      `${Math.min(...found.map((each) => each.likeness)).toFixed(2)})`,
  );
}

/** The microphone without what leaks into it: by how much and how late is found where nobody speaks into it. */
function withoutLeak(mouth, speaker, alone) {
  const from = Math.max(0, alone - 5 * rate);
  let [best, gain, late] = [0, 0, 0];
  for (let lag = 0; lag < 0.15 * rate; lag++) {
    let product = 0;
    let power = 1e-9;
    for (let i = from + lag; i < from + lag + rate; i += 3) {
      product += mouth[i] * speaker[i - lag];
      power += speaker[i - lag] ** 2;
    }
    if (Math.abs(product) / Math.sqrt(power) > best)
      [best, gain, late] = [Math.abs(product) / Math.sqrt(power), product / power, lag];
  }
  return mouth.map((sample, i) => sample - gain * (speaker[i - late] ?? 0));
}
