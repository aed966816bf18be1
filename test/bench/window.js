// The voice of the real window on Linux: what it costs, how late and how clean a voice is both ways, and whether it stays so. The
// colleague is a Chromium, or another window, on another computer.
import { between, listenTo } from '../support/hearing.js';
import { median } from '../support/figures.js';
import { pause, until } from '../support/program.js';
import { tone, toneToNoise } from '../support/rig.js';
import { delayOf, rate } from '../support/compare.js';
import { inRoom, repeated, speak } from '../support/desk.js';
import { memoryOf, threadsOf, webProcessOf } from '../support/processes.js';

const minutes = Number(process.env.EARSHOT_BENCH_MINUTES ?? 10);
const only = (process.env.EARSHOT_BENCH_WINDOW ?? 'cost,delay,clicks,tones,two,long').split(',');

export async function window() {
  const speech = speak();
  const scenes = {
    cost: [{ seats: 10, speech }, cost],
    long: [{ far: 'Chromium', music: true }, long],
    delay: [{ far: 'Chromium' }, delay],
    clicks: [{ far: 'Chromium', music: true }, clickBothWays],
    tones: [{ far: 'Chromium', music: true }, tones],
    two: [{ far: 'window', music: true }, async (ends) => (await tones(ends), await clickBothWays(ends))],
  };
  for (const [name, [room, measure]] of Object.entries(scenes))
    if (only.includes(name)) await inRoom(room, (ends) => measure({ ...ends, speech }));
}

const ways = ({ page }) => {
  const other = page ? 'Chromium' : 'the other window';
  return [
    [`window to ${other}`, 'mouth', 'far-speaker'],
    [`${other} to window`, 'far-mouth', 'speaker'],
  ];
};

/** Eleven clicks each way, as they are. */
async function clickBothWays({ rig, colleague }) {
  for (const [name, mouth, ear] of ways(colleague)) {
    const delays = await rig.click(mouth, ear, 11);
    const heard = delays.filter((each) => !Number.isNaN(each));
    console.log(
      `Window, clicks: ${name}: ${heard.length === 0 ? 'none is heard' : `median ${median(heard).toFixed(0)} ms, worst ${Math.max(...heard).toFixed(0)} ms`} ` +
        `(${String(heard.length)} of ${String(delays.length)}): ${delays.map((each) => each.toFixed(0)).join(' ')}`,
    );
  }
}

/** Twenty seconds of a tone each way, second by second, as it is. */
async function tones({ rig, colleague }) {
  const seconds = 20;
  const [said, answered] = [440, 660];
  rig.say('mouth', tone(said, seconds + 10));
  rig.say('far-mouth', tone(answered, seconds + 10));
  await pause(4000);
  const before = colleague.page && (await listenTo(colleague.page)).seats;
  const recording = rig.record();
  await pause(1000 * seconds + 500);
  const heard = await recording.stop();
  const counted = colleague.page && between(before, (await listenTo(colleague.page)).seats);
  for (const [[name, , ear], frequency] of ways(colleague).map((way, i) => [way, [said, answered][i]])) {
    const each = Array.from({ length: seconds }, (_, second) =>
      toneToNoise(heard[ear].subarray(second * rate, (second + 1) * rate), frequency),
    );
    console.log(
      `Window, tones: ${name}: median ${median(each).toFixed(1)} dB, least ${Math.min(...each).toFixed(1)} dB ` +
        `(${String(seconds)} seconds): ${each.map((snr) => snr.toFixed(0)).join(' ')}`,
    );
  }
  if (counted)
    console.log(
      `Window, tones: Chromium made up ${String(counted.concealedSamples)} of ${String(counted.totalSamplesReceived)} samples`,
    );
}

const webOf = (app) => until('the web process is there', () => webProcessOf(app.pid), { within: 20_000 });

async function cost({ rig, desk, speech, seats }) {
  const web = await webOf(desk.app);
  rig.say('mouth', repeated(speech.samples, 120));
  await pause(20_000); // for what is compiled while it runs
  for (let i = 0; i < 3; i++) {
    const before = threadsOf(web);
    await pause(10_000);
    const spent = threadsOf(web);
    const parts = Object.entries(spent)
      .map(([id, { name, ticks }]) => [name, (ticks - (before[id]?.ticks ?? 0)) / 10])
      .sort(([, a], [, b]) => b - a);
    const all = parts.reduce((sum, [, share]) => sum + share, 0);
    const most = parts.slice(0, 6).map(([name, share]) => `${name} ${share.toFixed(1)}`);
    console.log(
      `Window, cost: 1 microphone and ${String(seats)} seats ${all.toFixed(1)} % of a processor: ${most.join(', ')}`,
    );
  }
}

/** Whether it stays as it is: every minute the tones both ways, what Chromium made up, and the memory; clicks at both ends of it. */
async function long({ rig, desk, colleague }) {
  await clickBothWays({ rig, colleague });
  const web = await webOf(desk.app);
  const singing = [rig.sing('mouth', 440), rig.sing('far-mouth', 660)];
  await pause(20_000); // for what is compiled while it runs
  const first = [memoryOf(web), memoryOf(desk.app.pid)];
  let heard = (await listenTo(colleague.page)).seats;
  for (let minute = 1; minute <= minutes; minute++) {
    const recording = rig.record();
    await pause(10_500);
    const { speaker, 'far-speaker': farSpeaker } = await recording.stop();
    const least = (samples, frequency) =>
      Math.min(
        ...Array.from({ length: 10 }, (_, second) =>
          toneToNoise(samples.subarray(second * rate, (second + 1) * rate), frequency),
        ),
      ).toFixed(1);
    const after = (await listenTo(colleague.page)).seats;
    const { concealedSamples, totalSamplesReceived } = between(heard, after);
    heard = after;
    const now = [memoryOf(web), memoryOf(desk.app.pid)];
    console.log(
      `Window, long: minute ${String(minute)}: least ${least(farSpeaker, 440)} dB at Chromium, ${least(speaker, 660)} dB at the window; ` +
        `made up ${String(concealedSamples)} of ${String(totalSamplesReceived)} samples; ` +
        `memory ${now.map((each, i) => `${each.toFixed(1)} MB (${(each - first[i]).toFixed(1)} more)`).join(' and ')}, web process and app`,
    );
    await pause(minute < minutes ? 46_000 : 0);
  }
  for (const each of singing) each.stop();
  await pause(2000);
  await clickBothWays({ rig, colleague });
}

/** Seconds that somebody has spoken for when the delay is measured: NetEQ in Chromium keeps more back for a minute after a join. */
const spoken = [4, 100];

/** How late speech is, second by second, and what Chromium keeps back of it. */
async function delay({ rig, colleague, speech }) {
  for (const [name, mouth, ear] of ways(colleague)) {
    const saying = rig.say(mouth, repeated(speech.samples, spoken.at(-1) + 30));
    let since = 0;
    for (const after of spoken) {
      await pause(1000 * (after - since));
      const before = colleague.page && (await listenTo(colleague.page)).seats;
      const recording = rig.record();
      await pause(18_000);
      since = after + 18;
      const heard = await recording.stop();
      const delays = [];
      for (let second = 1; second <= 15; second++) {
        const found = delayOf(heard[mouth], heard[ear], second * rate);
        if (found && found.likeness > 0.4) delays.push(found.delay);
      }
      const { bufferMillis, targetMillis } = before
        ? between(before, (await listenTo(colleague.page)).seats)
        : { bufferMillis: NaN, targetMillis: NaN };
      const kept =
        mouth === 'mouth' && before
          ? `; kept back ${bufferMillis.toFixed(0)}, wanted ${targetMillis.toFixed(0)} ms`
          : '';
      console.log(
        `Window, delay after ${String(after)} s: ${name}: ` +
          (delays.length === 0
            ? 'nothing is heard'
            : `median ${median(delays).toFixed(0)} ms, worst ${Math.max(...delays).toFixed(0)} ms (${String(delays.length)} of 15 seconds)${kept}: ` +
              delays.map((each) => each.toFixed(0)).join(' ')),
      );
    }
    await saying.stop('SIGINT');
  }
}
