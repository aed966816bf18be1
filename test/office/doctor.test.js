// What `earshot doctor` says first in an office where something stands in the way, and in one where nothing does.
import assert from 'node:assert/strict';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { needsRoot, openOffice } from '../support/office.js';
import { pause } from '../support/program.js';

const binary = resolve(process.env.EARSHOT_BIN ?? '../build/bin/earshot-race');

const options = { skip: needsRoot, timeout: 60_000 };

/**
 * Runs the doctor on a computer, by default as somebody who is no administrator and so may not read firewall rules. Returns
 * {first, all, finding, reach, interfaces}: what it said.
 */
async function examine(computer, t, { administrator = false } = {}) {
  const program = administrator
    ? computer.earshot(['doctor', '--json'], { config: 'doctor' })
    : computer.start('setpriv', ['--reuid=65534', '--clear-groups', '--inh-caps=-all', binary, 'doctor', '--json'], {
        env: { EARSHOT_CONFIG_DIR: '/nonexistent' },
      });
  const { code } = await program.exited;
  const of = (event) => program.events.filter((each) => each.event === event);
  const findings = of('finding');
  t.diagnostic(findings.map((finding) => `${finding.level} ${finding.code}`).join(', '));
  assert.ok(findings.length > 0, program.report());
  assert.equal(
    code,
    findings.some(({ level }) => level === 'problem') ? 1 : 0,
    `the exit code says whether there is a problem\n${program.report()}`,
  );
  return {
    first: findings[0],
    finding: (wanted) => findings.find((each) => each.code === wanted),
    reach: of('reach')[0],
    interfaces: Object.fromEntries(of('interface').map((each) => [each.name, each])),
    report: program.report(),
  };
}

/** Starts an Earshot that hosts nothing and is open: what an idle colleague has. */
async function idle(office, name) {
  const program = office.computer(name).watchRooms();
  await pause(1000);
  return program;
}

test('healthy: a room is there, and its host gets through', options, async (t) => {
  const office = openOffice(t);
  await office.computer('server').host('Standup', ['--host-name', 'Mina']);
  const seen = await examine(office.computer('anna'), t);
  assert.equal(seen.first.code, 'all_well', seen.report);
  assert.deepEqual(seen.finding('reachable').params, { by: 'Mina', port: '7788' });
  assert.equal(seen.interfaces.eth0.multicast, 'works');
  assert.equal(seen.interfaces.eth0.rooms, 1);
});

test('healthy: nobody has started a room, and somebody who has Earshot open gets through', options, async (t) => {
  const office = openOffice(t);
  await idle(office, 'ben');
  const seen = await examine(office.computer('anna'), t);
  assert.equal(seen.first.code, 'apps_without_rooms', seen.report);
  assert.ok(seen.finding('reachable'), seen.report);
  assert.equal(seen.interfaces.eth0.apps, 1);
});

test('no cable', options, async (t) => {
  const office = openOffice(t);
  const seen = await examine(office.computer('anna', { plugged: false }), t);
  assert.equal(seen.first.code, 'no_network', seen.report);
});

test('alone on the network', options, async (t) => {
  const office = openOffice(t);
  const seen = await examine(office.computer('anna'), t);
  assert.equal(seen.first.code, 'nobody_heard', seen.report);
  assert.ok(seen.finding('nobody_to_ask'), seen.report);
});

const input = (rules) => `table inet wall { chain input { type filter hook input priority 0; ${rules} }; };`;
const output = (rules) => `table inet wall { chain output { type filter hook output priority 0; ${rules} }; };`;
const noMulticast = 'udp dport 5353 drop;';

test('multicast is dropped on the way in: a colleague hears us, we do not hear them', options, async (t) => {
  const office = openOffice(t);
  await idle(office, 'ben');
  const anna = office.computer('anna');
  anna.firewall(input(noMulticast));
  const seen = await examine(anna, t);
  assert.equal(seen.first.code, 'unheard', seen.report);
  assert.equal(seen.interfaces.eth0.multicast, 'silent');
  assert.ok(seen.finding('multicast_blocked'), seen.report);

  // An administrator is told which rules they are, and how to let Earshot in; which is true.
  const told = await examine(anna, t, { administrator: true });
  assert.equal(told.first.code, 'firewall_blocks', told.report);
  assert.equal(told.first.params.product, 'nftables');
  anna.run('sh', ['-c', told.first.params.command.replaceAll('sudo ', '')]);
  const cured = await examine(anna, t);
  assert.equal(cured.first.code, 'apps_without_rooms', cured.report);
});

test('multicast is dropped on the way in, and nobody is there to say so', options, async (t) => {
  const office = openOffice(t);
  const anna = office.computer('anna');
  anna.firewall(input(noMulticast));
  const seen = await examine(anna, t);
  assert.equal(seen.first.code, 'multicast_blocked', seen.report);
  assert.equal(seen.first.params.interface, 'eth0');
});

test('multicast is dropped on the way out', options, async (t) => {
  const office = openOffice(t);
  await office.computer('server').host('Standup', ['--host-name', 'Mina']);
  const anna = office.computer('anna');
  anna.firewall(output(noMulticast));
  const seen = await examine(anna, t);
  assert.equal(seen.first.code, 'multicast_not_possible', seen.report);
  assert.equal(seen.first.params.interface, 'eth0');
});

test('multicast is dropped on one of two interfaces', options, async (t) => {
  const office = openOffice(t);
  const anna = office.computer('anna');
  anna.plugInto(office.network('upstairs', '10.78.0'));
  anna.firewall(input(`iifname eth1 ${noMulticast}`));
  const seen = await examine(anna, t);
  assert.equal(seen.first.code, 'multicast_blocked', seen.report);
  assert.equal(seen.first.params.interface, 'eth1');
  assert.equal(seen.first.level, 'warning');
  assert.equal(seen.interfaces.eth0.multicast, 'works');
});

test('client isolation: everything works here, and nobody is heard', options, async (t) => {
  const office = openOffice(t);
  const [server, anna] = [office.computer('server'), office.computer('anna')];
  server.isolate();
  anna.isolate();
  await server.host('Standup', ['--host-name', 'Mina']);
  const seen = await examine(anna, t);
  assert.equal(seen.first.code, 'nobody_heard', seen.report);
  assert.equal(seen.interfaces.eth0.multicast, 'works');
});

test(
  'multicast is dropped between two computers: a host is known, answers, and does not hear us',
  options,
  async (t) => {
    const office = openOffice(t);
    const server = office.computer('server');
    await server.host('Standup', ['--host-name', 'Mina']);
    const anna = office.computer('anna');
    server.firewall(input(`ip saddr ${anna.address} ${noMulticast} ip6 saddr fe80::/10 ${noMulticast}`));
    const seen = await examine(anna, t);
    assert.equal(seen.first.code, 'not_heard_by_others', seen.report);
    assert.equal(seen.first.params.name, 'Mina');
  },
);

for (const [who, someone] of [
  ['a host', (office) => office.computer('server').host('Standup', ['--host-name', 'Mina'])],
  ['an idle app', (office) => idle(office, 'ben')],
])
  test(`port 7788 is blocked, and ${who} says so: TCP, UDP, both`, options, async (t) => {
    const office = openOffice(t);
    await someone(office);
    const anna = office.computer('anna');
    anna.firewall(input('tcp dport 7788 drop;'));
    let seen = await examine(anna, t);
    assert.deepEqual([seen.reach.tcp, seen.reach.udp], ['no', 'yes'], seen.report);
    assert.equal(seen.first.code, 'tcp_blocked', seen.report);
    anna.firewall(`flush ruleset; ${input('udp dport 7788 drop;')}`);
    seen = await examine(anna, t);
    assert.deepEqual([seen.reach.tcp, seen.reach.udp], ['yes', 'no'], seen.report);
    assert.ok(seen.finding('udp_blocked'), seen.report);
    anna.firewall(`flush ruleset; ${input('meta l4proto { tcp, udp } th dport 7788 drop;')}`);
    seen = await examine(anna, t);
    assert.deepEqual([seen.reach.tcp, seen.reach.udp], ['no', 'no'], seen.report);
    assert.equal(seen.first.code, 'tcp_blocked', seen.report);
  });

test('the page of somebody who only has it open is enough to be dialled back', options, async (t) => {
  const office = openOffice(t);
  const { program } = await office.computer('ben').web();
  await pause(1000);
  const seen = await examine(office.computer('anna'), t);
  assert.ok(seen.finding('reachable'), `${seen.report}\n${program.report()}`);
});

test("a room does not answer: its host's firewall drops 7788", options, async (t) => {
  const office = openOffice(t);
  const server = office.computer('server');
  server.firewall(input('tcp dport 7788 drop;'));
  await server.host('Standup', ['--host-name', 'Mina']);
  const seen = await examine(office.computer('anna'), t);
  assert.equal(seen.first.code, 'room_silent', seen.report);
  assert.deepEqual(seen.first.params, { address: server.address, port: '7788' });
});

test('another program has the port', options, async (t) => {
  const office = openOffice(t);
  await office.computer('server').host('Standup', ['--host-name', 'Mina']);
  const anna = office.computer('anna');
  const blocker = anna.start('node', [
    '-e',
    `require('node:net').createServer().listen(7788, () => console.log('{"event":"bound"}')); setTimeout(() => process.exit(1), 60000);`,
  ]);
  await blocker.event('the port is taken', (event) => event.event === 'bound');
  const seen = await examine(anna, t);
  assert.deepEqual(seen.finding('port_taken').params, { port: '7788' });
  assert.equal(seen.finding('reachable').params.port, '7789');
  assert.equal(seen.first.code, 'all_well', seen.report);
});

test(
  'beside a room that another program of the computer hosts, its port is the one that is checked',
  options,
  async (t) => {
    const office = openOffice(t);
    await idle(office, 'ben');
    const anna = office.computer('anna');
    await anna.host('Standup', ['--host-name', 'Mina']);
    let seen = await examine(anna, t);
    assert.deepEqual([seen.reach.port, seen.reach.tcp], [7788, 'yes'], seen.report);
    assert.equal(seen.finding('port_taken'), undefined, seen.report);
    anna.firewall(input('iifname != lo tcp dport 7788 drop;'));
    seen = await examine(anna, t);
    assert.deepEqual([seen.first.code, seen.first.params.port], ['tcp_blocked', '7788'], seen.report);
  },
);

test('a VPN is up: it may be why nobody is heard, and is none when somebody is', options, async (t) => {
  const office = openOffice(t);
  const anna = office.computer('anna');
  anna.run('ip', ['link', 'add', 'tun0', 'type', 'veth', 'peer', 'name', 'tun-far']);
  for (const name of ['tun-far', 'tun0']) anna.run('ip', ['link', 'set', name, 'up']);
  anna.run('ip', ['addr', 'add', '10.8.0.2/24', 'dev', 'tun0']);
  const alone = await examine(anna, t);
  assert.equal(alone.first.code, 'vpn_up', alone.report);
  assert.equal(alone.first.params.interface, 'tun0');
  await office.computer('server').host('Standup', ['--host-name', 'Mina']);
  const together = await examine(anna, t);
  assert.equal(together.first.code, 'all_well', together.report);
  assert.equal(together.finding('vpn_up').level, 'note');
});

test('only a VPN is connected', options, async (t) => {
  const office = openOffice(t);
  const anna = office.computer('anna', { plugged: false });
  anna.run('ip', ['link', 'add', 'tun0', 'type', 'veth', 'peer', 'name', 'tun-far']);
  for (const name of ['tun-far', 'tun0']) anna.run('ip', ['link', 'set', name, 'up']);
  anna.run('ip', ['addr', 'add', '10.8.0.2/24', 'dev', 'tun0']);
  const seen = await examine(anna, t);
  assert.equal(seen.first.code, 'only_virtual', seen.report);
});
