// What `earshot rooms` shows while rooms come, go and die, and networks with them.
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { needsRoot, openOffice } from '../support/office.js';
import { now, pause } from '../support/program.js';

const is = (event, id) => (seen) => seen.event === event && seen.room.id === id;

test(
  'rooms --watch shows a room come, a stopped one go within 1 s and a killed one within 3 s',
  { skip: needsRoot, timeout: 60_000 },
  async (t) => {
    const office = openOffice(t);
    const watch = office.computer('anna').watchRooms();
    const server = office.computer('server');
    for (const [signal, limit] of [
      ['SIGTERM', 1000],
      ['SIGKILL', 3000],
    ]) {
      const started = now();
      const { program, room } = await server.host(`Ends by ${signal}`);
      const up = await watch.event('the room is shown', is('up', room.id));
      assert.equal(up.room.name, `Ends by ${signal}`);
      t.diagnostic(`shown ${(up.at - started).toFixed(0)} ms after the start of its program`);
      await pause(500);
      const ended = now();
      program.child.kill(signal);
      const down = await watch.event('the room is gone', is('down', room.id), { after: ended });
      t.diagnostic(`gone ${(down.at - ended).toFixed(0)} ms after ${signal}`);
      assert.ok(down.at - ended < limit, `gone ${(down.at - ended).toFixed(0)} ms after ${signal}`);
      await program.exited;
    }
  },
);

test('a room is shown as changed when somebody comes in', { skip: needsRoot, timeout: 40_000 }, async (t) => {
  const office = openOffice(t);
  const { room } = await office.computer('server').host('Count');
  const watch = office.computer('anna').watchRooms();
  await watch.event('the room is shown', is('up', room.id));
  await office.computer('ben').join(room.invite, 'ben');
  await watch.event(
    'one participant is shown',
    (event) => event.event === 'changed' && event.room.id === room.id && event.room.participants === 1,
  );
});

test('a taken port: another is chosen, advertised and joined', { skip: needsRoot, timeout: 60_000 }, async (t) => {
  const office = openOffice(t);
  const server = office.computer('server');
  const blocker = server.start('node', [
    '-e',
    `require('node:dgram').createSocket('udp4').bind(7788, () => console.log('{"event":"bound"}')); setTimeout(() => process.exit(1), 60000);`,
  ]);
  await blocker.event('the UDP port is taken', (event) => event.event === 'bound');
  const first = (await server.host('First')).room;
  const second = (await server.host('Second')).room;
  assert.notEqual(first.port, 7788);
  assert.notEqual(second.port, 7788);
  assert.notEqual(second.port, first.port);

  const anna = office.computer('anna');
  const listed = await anna.rooms();
  assert.deepEqual(
    listed.map(({ name, port }) => ({ name, port })),
    [
      { name: 'First', port: first.port },
      { name: 'Second', port: second.port },
    ],
  );
  const { room } = await anna.join('Second', 'anna', ['--for', '1s']);
  assert.equal(room.id, second.id);
});

test(
  'without any network rooms --watch waits, and shows the room once a cable is plugged in',
  { skip: needsRoot, timeout: 60_000 },
  async (t) => {
    const office = openOffice(t);
    const { room } = await office.computer('server').host('Late');
    const anna = office.computer('anna', { plugged: false });
    const watch = anna.watchRooms();
    await pause(2000);
    assert.equal(watch.end, undefined, `still waiting\n${watch.report()}`);
    assert.deepEqual(
      watch.events.filter((event) => event.event === 'up'),
      [],
    );

    let plugged = now();
    anna.plugIn();
    let up = await watch.event('the room is shown', is('up', room.id), { within: 10_000 });
    t.diagnostic(`shown ${(up.at - plugged).toFixed(0)} ms after the cable`);

    const pulled = now();
    anna.unplug();
    const down = await watch.event('the room is gone', is('down', room.id), { after: pulled, within: 10_000 });
    t.diagnostic(`gone ${(down.at - pulled).toFixed(0)} ms after the cable was pulled`);

    plugged = now();
    anna.plugIn();
    up = await watch.event('the room is back', is('up', room.id), { after: plugged, within: 10_000 });
    t.diagnostic(`back ${(up.at - plugged).toFixed(0)} ms after the cable`);
  },
);

test(
  'a room hosted without any network is advertised once a cable is plugged in',
  { skip: needsRoot, timeout: 60_000 },
  async (t) => {
    const office = openOffice(t);
    const watch = office.computer('anna').watchRooms();
    const server = office.computer('server', { plugged: false });
    const { room } = await server.host('Offline first');
    await pause(1000);
    const plugged = now();
    server.plugIn();
    const up = await watch.event('the room is shown', is('up', room.id), { within: 10_000 });
    t.diagnostic(`shown ${(up.at - plugged).toFixed(0)} ms after the cable`);
    const { room: joined } = await office.computer('ben').join('Offline first', 'ben', ['--for', '1s']);
    assert.equal(joined.id, room.id);
  },
);

test(
  'two rooms of one name are both listed, and joining by that name asks for a choice',
  { skip: needsRoot, timeout: 40_000 },
  async (t) => {
    const office = openOffice(t);
    const rooms = [(await office.computer('one').host('Twin')).room, (await office.computer('two').host('Twin')).room];
    const anna = office.computer('anna');
    const listed = await anna.rooms();
    assert.deepEqual(listed.map(({ id }) => id).sort(), rooms.map(({ id }) => id).sort());
    const program = anna.earshot(['join', 'Twin', '--json', '--name', 'anna']);
    assert.equal((await program.exited).code, 1, program.report());
    assert.match(program.stdout + program.stderr, /ambiguous/, program.report());
  },
);

test(
  "beside avahi, somebody else's mDNS, a room is found, and avahi sees it too",
  { skip: needsRoot, timeout: 60_000 },
  async (t) => {
    const office = openOffice(t);
    const server = office.computer('server');
    await openAvahi(server);
    const { program, room } = await server.host('Seen by avahi');
    const anna = office.computer('anna');
    const bus = await openAvahi(anna);
    const watch = anna.watchRooms();
    await watch.event('the room is shown', is('up', room.id));
    let found;
    for (let attempt = 0; attempt < 5 && !found; attempt++) {
      const browse = anna.start('avahi-browse', ['--resolve', '--terminate', '--parsable', '_earshot._tcp'], {
        env: bus,
      });
      await browse.exited;
      found = browse.stdout.split('\n').find((line) => line.startsWith('=') && line.includes(`id=${room.id}`));
      if (!found) await pause(500);
    }
    t.diagnostic(found ?? 'nothing');
    assert.ok(found, 'avahi-browse resolves the room');
    const fields = found.split(';');
    assert.equal(fields[7].startsWith('10.77.0.') || fields[7].includes(':'), true, found);
    assert.equal(fields[8], '7788');
    assert.match(found, /"v=1"/);

    const ended = now();
    program.child.kill('SIGTERM');
    const down = await watch.event('the room is gone', is('down', room.id), { after: ended });
    t.diagnostic(`gone ${(down.at - ended).toFixed(0)} ms after its end`);
    assert.ok(down.at - ended < 1000);
  },
);

/** Starts a message bus and avahi-daemon on the computer; returns the environment to reach them. */
async function openAvahi(computer) {
  mkdirSync('/run/avahi-daemon', { recursive: true });
  const address = `unix:path=${computer.home}/bus`;
  const env = { DBUS_SYSTEM_BUS_ADDRESS: address };
  writeFileSync(
    `${computer.home}/bus.conf`,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>${address}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow user="*"/><allow own="*"/><allow send_destination="*"/><allow receive_sender="*"/></policy></busconfig>`,
  );
  writeFileSync(
    `${computer.home}/avahi.conf`,
    '[server]\nuse-ipv4=yes\nuse-ipv6=yes\n[publish]\npublish-workstation=no\n',
  );
  computer.start('dbus-daemon', [`--config-file=${computer.home}/bus.conf`, '--nofork', '--nopidfile'], { env });
  await pause(300);
  // Each has a /run/avahi-daemon of its own: there is one daemon for each of those.
  const daemon = computer.start(
    'unshare',
    [
      ...['--mount', 'sh', '-c', 'mount -t tmpfs none /run/avahi-daemon && exec "$@"', 'sh', 'avahi-daemon'],
      ...['--no-drop-root', '--no-chroot', '--no-rlimits', '--file', `${computer.home}/avahi.conf`],
    ],
    { env },
  );
  for (let waited = 0; waited < 50 && !daemon.stderr.includes('startup complete'); waited++) await pause(100);
  assert.match(daemon.stderr, /startup complete/, daemon.report());
  return env;
}
