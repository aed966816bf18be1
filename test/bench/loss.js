// How much of a voice is made up by the listener when packets are lost. Two people in Chromium talk to each other, each on a
// cable that loses packets both ways, so that a voice passes two bad cables: the speaker's on its way up and the listener's
// on its way down. Signal is TCP and passes.
import { twoOnBadCables } from '../support/bad-cables.js';
import { watch } from '../support/hearing.js';
import { Office } from '../support/office.js';
import { pause } from '../support/program.js';

const seconds = Number(process.env.EARSHOT_BENCH_SECONDS ?? 60);
const settle = 6; // for measured loss to switch on what protects from it
const cases = [
  ['no loss', {}],
  ['5 % each way', { loss: 0.05 }],
  ['10 % each way', { loss: 0.1 }],
  ['20 % each way', { loss: 0.2 }],
  ['10 % each way in bursts of 3', { loss: 0.1, burst: 3 }],
  ['10 % each way, 20 ms delay and 20 ms jitter each way', { loss: 0.1, delay_ms: 20, jitter_ms: 20 }],
];

export async function loss() {
  const office = new Office();
  try {
    const { cables, pages } = await twoOnBadCables(office);
    for (const [name, conditions] of cases) {
      const set = (both) => Promise.all(cables.map((cable) => cable.set({ both })));
      await set(conditions);
      await pause(1000 * settle);
      const before = await Promise.all(cables.map((cable) => cable.counters()));
      const seen = await watch(pages, seconds);
      const after = await Promise.all(cables.map((cable) => cable.counters()));
      const share = (way) => {
        const grown = (key) => after.reduce((sum, each, index) => sum + each[way][key] - before[index][way][key], 0);
        return percent(grown('dropped') / grown('entered'));
      };
      const concealed = seen.map((each) => percent(each.concealed)).join(' and ');
      const late = seen.map((each) => each.bufferMillis.toFixed(0)).join(' and ');
      console.log(
        `Loss, ${name}: ${concealed} made up, played ${late} ms after they came ` +
          `(lost ${share('up')} up, ${share('down')} down, ${String(seconds)} s)`,
      );
      if (process.env.EARSHOT_BENCH_DETAILS) for (const each of seen) console.log(JSON.stringify(each));
      await set({});
      await pause(2000);
    }
  } finally {
    await office.close();
  }
}

const percent = (share) => `${(100 * share).toFixed(2)} %`;
