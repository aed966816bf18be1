// What `earshot doctor` says first in an office where something stands in the way, and in one where nothing does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsRoot, openOffice } from '../support/office.js';
import { pause } from '../support/program.js';

const options = { skip: needsRoot, timeout: 60_000 };

/** Runs the doctor on a computer. Returns {first, all, finding, reach, interfaces, code}: what it said, and how it ended. */
async function examine(computer, t) {
  const program = computer.earshot(['doctor', '--json'], { config: 'doctor' });
  const { code } = await program.exited;
  const of = (event) => program.events.filter((each) => each.event === event);
  const findings = of('finding');
  const all = findings.map((finding) => `${finding.level} ${finding.code}`);
  t.diagnostic(all.join(', '));
  assert.ok(findings.length > 0, program.report());
  assert.equal(
    code,
    findings.some(({ level }) => level === 'problem') ? 1 : 0,
    `the exit code says whether there is a problem\n${program.report()}`,
  );
  return {
    first: findings[0],
    all,
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
  t.diagnostic(JSON.stringify(seen.reach));
  assert.ok(seen.finding('unheard'), seen.report);
  assert.equal(seen.interfaces.eth0.multicast, 'silent');
});

test('multicast is dropped on the way out', options, async (t) => {
  const office = openOffice(t);
  await office.computer('server').host('Standup', ['--host-name', 'Mina']);
  const anna = office.computer('anna');
  anna.firewall(output(noMulticast));
  const seen = await examine(anna, t);
  assert.equal(seen.first.code, 'multicast_not_possible', seen.report);
});

test('TCP 7788 is blocked', options, async (t) => {
  const office = openOffice(t);
  await idle(office, 'ben');
  const anna = office.computer('anna');
  anna.firewall(input('tcp dport 7788 drop;'));
  const seen = await examine(anna, t);
  assert.equal(seen.reach.tcp, 'no');
  assert.equal(seen.reach.udp, 'yes');
  assert.ok(seen.finding('tcp_blocked'), seen.report);
});

test('UDP 7788 is blocked', options, async (t) => {
  const office = openOffice(t);
  await office.computer('server').host('Standup', ['--host-name', 'Mina']);
  const anna = office.computer('anna');
  anna.firewall(input('udp dport 7788 drop;'));
  const seen = await examine(anna, t);
  assert.equal(seen.reach.tcp, 'yes');
  assert.equal(seen.reach.udp, 'no');
  assert.ok(seen.finding('udp_blocked'), seen.report);
});
