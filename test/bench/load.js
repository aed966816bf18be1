// What the SFU costs and how fast it is, beside pion's example on the same work in the same run: the host on one
// processor, the load on another, runs of both in turn. Prints the tables of docs/BENCHMARKS.md.
import { cpus } from 'node:os';
import { dirname, resolve } from 'node:path';
import { median } from '../support/figures.js';
import { Office } from '../support/office.js';
import { pause, until } from '../support/program.js';

const runs = Number(process.env.EARSHOT_BENCH_RUNS ?? 3);
const earshotBinary = resolve(process.env.EARSHOT_BIN ?? '../build/bin/earshot-headless');
const peer = {
  name: process.env.EARSHOT_BENCH_PEER_NAME,
  binary: process.env.EARSHOT_BENCH_PEER && resolve(process.env.EARSHOT_BENCH_PEER),
  driver: process.env.EARSHOT_BENCH_DRIVER && resolve(process.env.EARSHOT_BENCH_DRIVER),
};
const pinned = cpus().length > 1;
const on = (processor) => (pinned ? ['taskset', '-c', String(processor)] : ['env']);

const packet = { key: 'host_cpu_us_packet', what: 'processor time for each forwarded packet', unit: 'µs', digits: 2 };
const processor = { key: 'host_cpu_percent', what: 'of one processor', unit: '%', digits: 0 };
const memory = { key: 'host_growth_participant_mb', what: 'memory for each participant', unit: 'MB', digits: 2 };
const joined = [
  { key: 'join_p50_ms', what: 'start of join to first sound, p50', unit: 'ms', digits: 1 },
  { key: 'join_p99_ms', what: 'start of join to first sound, p99', unit: 'ms', digits: 1 },
];
const delay = [
  { key: 'delay_p50_us', what: 'delay through the host, p50', unit: 'µs', digits: 0 },
  { key: 'delay_p99_us', what: 'delay through the host, p99', unit: 'µs', digits: 0 },
];
const lost = { key: 'lost', what: 'packets lost', unit: '', digits: 0 };
const idle = { key: 'host_cpu_us_participant', what: 'processor time a second for each', unit: 'µs', digits: 0 };

/** The works. A target is the most that a figure may be; `once` joins one after the other, at that many a second. */
const works = [
  {
    name: '25 of 25 talk',
    participants: 25,
    talkers: 25,
    seats: 25,
    seconds: 8,
    once: 4,
    figures: [packet, memory, ...joined, ...delay, lost],
    targets: [4, 0.7, 15, 40, 80, 600, 0],
  },
  {
    name: '10 of 10 talk',
    participants: 10,
    talkers: 10,
    seats: 10,
    seconds: 8,
    once: 4,
    figures: [packet, ...delay, lost],
    targets: [8, undefined, undefined, 0],
  },
  {
    name: '50 of 50 talk',
    participants: 50,
    talkers: 50,
    seats: 50,
    seconds: 8,
    once: 4,
    figures: [processor, packet, ...delay, lost],
    targets: [50, undefined, undefined, 5000, 0],
  },
  {
    name: '25 silent, muted',
    participants: 25,
    talkers: 0,
    seats: 10,
    seconds: 20,
    silence: 'muted',
    once: 8,
    figures: [idle],
    targets: [120],
  },
  {
    name: '3 of 300 talk, 10 seats',
    participants: 300,
    talkers: 3,
    seats: 10,
    seconds: 10,
    alone: true, // the example would renegotiate with all 300 for each who joins
    figures: [processor, packet, ...joined, ...delay, lost],
    targets: [60, undefined, undefined, 150, undefined, undefined, 0],
  },
];

export async function load() {
  const wanted = process.env.EARSHOT_BENCH_WORKS?.split(',');
  const rows = ['| work | figure | target | Earshot | spread | ' + (peer.name ?? 'peer') + ' | spread | ratio |'];
  rows.push('|---|---|---|---|---|---|---|---|');
  for (const [number, work] of works.entries()) {
    if (wanted && !wanted.includes(String(number))) continue;
    const results = { earshot: [], peer: [] };
    for (let run = 0; run < runs; run++) {
      results.earshot.push(await measure(work, startEarshot));
      if (peer.binary && !work.alone) results.peer.push(...(await measurePeer(work)));
    }
    rows.push(...work.figures.map((figure, i) => row(work, figure, work.targets[i], results)));
    console.log(rows.slice(-work.figures.length).join('\n'));
  }
  console.log(`\n${rows.join('\n')}\n`);
}

function row(work, figure, target, results) {
  const show = (value) => value.toFixed(figure.digits);
  const cells = (list) => {
    const values = list.map((result) => result[figure.key]).filter((value) => typeof value === 'number');
    if (values.length === 0) return { cells: ['', ''] };
    const spread = `${show(Math.min(...values))} to ${show(Math.max(...values))}`;
    return { middle: median(values), cells: [show(median(values)), spread] };
  };
  const ours = cells(results.earshot);
  const theirs = cells(results.peer);
  const ratio = ours.middle !== undefined && theirs.middle ? (ours.middle / theirs.middle).toFixed(2) : '';
  const unit = figure.unit && ` (${figure.unit})`;
  const limit = target === undefined ? '' : `≤ ${String(target)}`;
  return `| ${[work.name, figure.what + unit, limit, ...ours.cells, ...theirs.cells, ratio].join(' | ')} |`;
}

/** As measure; a peer that does not carry the work leaves its cells empty. */
async function measurePeer(work) {
  try {
    return [await measure(work, startPeer)];
  } catch (error) {
    console.error(`${work.name}: ${peer.name} did not come through: ${String(error.message).split('\n')[0]}`);
    return [];
  }
}

/** One run of one server in an office of its own. */
async function measure(work, start) {
  const office = new Office();
  try {
    const [file, ...args] = await start(office, work);
    const options = {
      participants: work.participants,
      talkers: work.talkers,
      for: `${String(work.seconds)}s`,
      silence: work.silence ?? 'dtx',
      ...(work.once ? { 'at-once': 1, 'join-rate': work.once } : {}),
    };
    const flags = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const [command, ...before] = on(1);
    const program = office.here.start(command, [...before, file, ...args, ...flags], { name: `load: ${work.name}` });
    const result = await program.event('the result', (event) => event.event === 'result', { within: 180_000 });
    await program.exited;
    if (result.gone > 0) console.error(`${work.name}: ${String(result.gone)} participants were lost on the way`);
    await pause(500); // until the server has let go of everybody
    return result;
  } finally {
    await office.close();
  }
}

async function startEarshot(office, work) {
  const [command, ...before] = on(0);
  const host = office.here.start(
    command,
    [
      ...before,
      earshotBinary,
      'host',
      '--json',
      '--name',
      'Bench',
      '--listen',
      ':7788',
      '--seats',
      String(work.seats),
      '--capacity',
      '400',
    ],
    { name: 'host', env: { EARSHOT_CONFIG_DIR: `${office.here.home}/host` } },
  );
  await host.event('ready', (event) => event.event === 'ready');
  return [earshotBinary, 'load', `${office.here.address}:7788`, '--json', '--host-pid', String(host.pid)];
}

async function startPeer(office) {
  const address = `${office.here.address}:8080`;
  // The example reads its page from the current folder.
  const command = `cd '${dirname(peer.binary)}' && exec ${on(0).join(' ')} '${peer.binary}' -addr ${address}`;
  const server = office.here.start('sh', ['-c', command], { name: peer.name });
  await until('the example answers', async () => {
    await fetch(`http://${address}/`).catch((error) => {
      if (error.cause?.code === 'ECONNREFUSED') throw error;
    });
    return true;
  });
  return [peer.driver, '--address', address, '--host-pid', String(server.pid)];
}
