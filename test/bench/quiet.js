// What lobbies and hosts send by multicast while nothing happens, from their start on: each computer's own counter (nftables)
// of what leaves it, with 14 bytes of Ethernet for each packet.
import { execFileSync } from 'node:child_process';
import { Office } from '../support/office.js';
import { pause } from '../support/program.js';

const seconds = Number(process.env.EARSHOT_BENCH_QUIET_SECONDS ?? 600);

const counters = `
table inet quiet {
  counter mdns {}
  counter other {}
  chain out {
    type filter hook output priority 0;
    udp dport 5353 counter name mdns return
    ip daddr 224.0.0.0/4 counter name other
    ip6 daddr ff00::/8 counter name other
  }
}
`;

function count(computer) {
  const [file, argv] = computer.command('nft', ['-j', 'list', 'counters', 'table', 'inet', 'quiet']);
  const sent = {};
  for (const { counter } of JSON.parse(execFileSync(file, argv, { encoding: 'utf8' })).nftables) {
    if (counter) sent[counter.name] = { packets: counter.packets, bits: 8 * (counter.bytes + 14 * counter.packets) };
  }
  return sent;
}

function floor(office, name, subnet, lobbies, hosts) {
  const network = office.network(name, subnet);
  const computers = { lobby: [], host: [] };
  for (let i = 0; i < lobbies + hosts; i++) {
    const kind = i < lobbies ? 'lobby' : 'host';
    const computer = office.computer(`${name}${String(i)}`, { network });
    computer.firewall(counters);
    computers[kind].push(computer);
  }
  return computers;
}

export async function quiet() {
  const office = new Office();
  try {
    const floors = {
      'one lobby': floor(office, 'one', '10.81.0', 1, 0),
      'six lobbies': floor(office, 'six', '10.82.0', 6, 0),
      'one room, six lobbies': floor(office, 'hosted', '10.83.0', 6, 1),
    };
    for (const { lobby, host } of Object.values(floors)) {
      for (const computer of host) await computer.host('Quiet');
      for (const computer of lobby) computer.watchRooms();
    }
    const young = 30;
    await pause(1000 * young);
    const sent = (what) =>
      new Map(
        Object.values(what)
          .flatMap(({ lobby, host }) => [...lobby, ...host])
          .map((computer) => [computer, count(computer)]),
      );
    const early = sent(floors);
    await pause(1000 * (seconds - young));
    const late = sent(floors);
    for (const [name, kinds] of Object.entries(floors)) {
      for (const [kind, computers] of Object.entries(kinds)) {
        if (computers.length === 0) continue;
        const rate = (from, over, which) =>
          computers.reduce((sum, c) => sum + late.get(c)[which].bits - (from?.get(c)[which].bits ?? 0), 0) /
          computers.length /
          over;
        const packets = computers.reduce((sum, c) => sum + late.get(c).mdns.packets, 0);
        console.log(
          `Quiet, ${name}: each ${kind} sends ${rate(undefined, seconds, 'mdns').toFixed(0)} bit/s of mDNS over ${String(seconds)} s ` +
            `from its start, ${rate(early, seconds - young, 'mdns').toFixed(0)} bit/s after ${String(young)} s ` +
            `(${(packets / computers.length).toFixed(1)} packets), ${rate(undefined, seconds, 'other').toFixed(0)} bit/s of other multicast`,
        );
      }
    }
  } finally {
    await office.close();
  }
}
