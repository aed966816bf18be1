// What happens to networks: addresses change, cables are pulled, firewalls drop, other interfaces come up.
import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { now, pause } from './program.js';
import { decode, loudestSecond, power } from './tones.js';

const ip = (...args) => execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

/** Takes the computer's IPv4 address away. */
export function takeAddress(computer) {
  ip('-n', computer.namespace, 'addr', 'flush', 'dev', 'eth0', 'scope', 'global');
}

/** Gives the computer another address, and the way out with it. */
export function giveAddress(computer, address) {
  ip('-n', computer.namespace, 'addr', 'add', `${address}/24`, 'dev', 'eth0');
  ip('-n', computer.namespace, 'route', 'replace', 'default', 'via', '10.77.0.1');
}

/** Takes the link down, or brings it up again as it was. */
export function setLink(computer, state) {
  ip('-n', computer.namespace, 'link', 'set', 'eth0', state);
  if (state === 'up') ip('-n', computer.namespace, 'route', 'replace', 'default', 'via', '10.77.0.1');
}

/** Disconnects the computer's cable at the switch, or connects it again: the computer itself notices nothing. */
export function setSwitch(computer, connected) {
  ip('link', 'set', `to-${computer.name}`, ...(connected ? ['master', 'lan'] : ['nomaster']));
}

/** Drops all UDP of the computer, in and out. */
export function blockUDP(computer) {
  const nft = (...args) => execFileSync('ip', ['netns', 'exec', computer.namespace, 'nft', ...args]);
  nft('add', 'table', 'inet', 'blocked');
  for (const hook of ['input', 'output']) {
    nft('add', 'chain', 'inet', 'blocked', hook, `{ type filter hook ${hook} priority 0; }`);
    nft('add', 'rule', 'inet', 'blocked', hook, 'meta', 'l4proto', 'udp', 'counter', 'drop');
  }
}

/** Gives the computer an IPv6 address and takes every IPv4 one, so that its LAN is IPv6 alone. */
export function onlyIPv6(computer, address) {
  takeAddress(computer);
  ip('-n', computer.namespace, 'addr', 'add', `${address}/64`, 'dev', 'eth0', 'nodad');
  ip('-n', computer.namespace, 'route', 'replace', 'default', 'dev', 'eth0', 'metric', '5000');
  ip('-n', computer.namespace, '-6', 'route', 'replace', 'default', 'dev', 'eth0');
}

/** Adds what a developer's machine has beside the LAN: a container bridge that every such machine has alike, and a VPN. */
export function addStrangers(computer, number) {
  const here = (...args) => ip('-n', computer.namespace, ...args);
  here('link', 'add', 'name', 'docker0', 'type', 'bridge');
  here('addr', 'add', '172.17.0.1/16', 'dev', 'docker0');
  here('link', 'add', 'name', 'veth1', 'type', 'veth', 'peer', 'name', 'container');
  here('link', 'set', 'veth1', 'master', 'docker0', 'up');
  here('link', 'add', 'name', 'tun0', 'type', 'veth', 'peer', 'name', 'nowhere');
  here('addr', 'add', `10.99.0.${String(number)}/24`, 'dev', 'tun0');
  for (const name of ['docker0', 'container', 'tun0', 'nowhere']) here('link', 'set', name, 'up');
}

/** Takes IPv6 from the computer: its link-local addresses outlive the others and would carry the call meanwhile. */
export function onlyIPv4(computer) {
  for (const what of ['all', 'default', 'eth0']) {
    const value = `net.ipv6.conf.${what}.disable_ipv6=1`;
    execFileSync('ip', ['netns', 'exec', computer.namespace, 'sysctl', '-q', '-w', value]);
  }
}

/** How many UDP datagrams the computer of a program has received. */
const received = (program) => {
  const read = (file) => readFileSync(`/proc/${String(program.pid)}/net/${file}`, 'utf8');
  const six = /^Udp6InDatagrams\s+(\d+)/m.exec(read('snmp6'));
  return Number(/^Udp: (\d+)/m.exec(read('snmp'))[1]) + Number(six?.[1] ?? 0);
};

/**
 * Resolves with the moment at which a voice arrives again at a program's computer: the first datagram of ten within
 * 200 ms. A voice is 50 a second; ICE and reports alone are fewer. What a recording shows would be too good: losses of
 * the last second are asked for again and filled in.
 */
export async function voiceArrives(program, within = 10_000) {
  const start = now();
  const seen = [];
  for (;;) {
    seen.push({ at: now(), count: received(program) });
    while (seen.length > 1 && seen[0].at < now() - 200) seen.shift();
    const first = seen.findIndex(({ count }) => count > seen[0].count);
    if (first >= 0 && seen.at(-1).count - seen[0].count >= 10) return seen[first].at;
    if (now() - start > within)
      throw new Error(`${program.name}: no voice within ${String(within)} ms\n${program.report()}`);
    await pause(5);
  }
}

/** How loud the tone is in the last second of a recording, as a share of its loudest second, in dB. */
export function atTheEnd(path, frequency) {
  const samples = decode(path);
  const most = power(loudestSecond(samples), frequency);
  return 10 * Math.log10(Math.max(power(samples.subarray(-48000), frequency), 1e-14) / most);
}

/** The one file of a talker in a recording. */
export function recordingOf(folder, name) {
  const files = readdirSync(folder).filter((file) => file.startsWith(`${name}-`));
  if (files.length !== 1) throw new Error(`${String(files.length)} recordings of ${name} in ${folder}`);
  return join(folder, files[0]);
}
