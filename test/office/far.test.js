// Rooms beyond the router: what multicast cannot find is remembered, passed on, or joined by an invite.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { needsRoot, openOffice } from '../support/office.js';
import { now, pause } from '../support/program.js';
import { makeTone } from '../support/tones.js';

const options = { skip: needsRoot, timeout: 90_000 };
const is = (event, id) => (seen) => seen.event === event && seen.room.id === id;
const talk = resolve(import.meta.dirname, '../support/page-talk.js');

/** Two floors with a router between them. */
function openHouse(t) {
  const office = openOffice(t);
  const floors = {
    office,
    downstairs: office.network('downstairs', '10.78.0'),
    upstairs: office.network('upstairs', '10.79.0'),
  };
  office.route();
  return floors;
}

/** Opens the app on a computer, as `earshot web` and a page; `lists` waits for a list of rooms that is as wanted. */
async function openApp(computer, { args = [], config = 'web', env = {} } = {}) {
  const program = computer.earshot(['web', '--json', '--no-open', ...args], { config, env });
  const { url } = await program.event('ready', (event) => event.event === 'ready');
  const opened = now();
  const page = computer.start('node', [talk, url], { input: true });
  const lists = (what, match, limits) =>
    page.event(what, (event) => event.event === 'rooms' && match(event.rooms), limits);
  let calls = 1;
  const call = async (method, ...args) => {
    const id = ++calls;
    page.say(JSON.stringify({ method, args }));
    const { result, error } = await page.event(method, (event) => event.event === 'result' && event.id === id);
    assert.equal(error, undefined, `${method}: ${JSON.stringify(error)}`);
    return result;
  };
  return { program, page, opened, lists, call };
}

const has = (id) => (rooms) => rooms.some((room) => room.id === id);
const hasNot = (id) => (rooms) => !rooms.some((room) => room.id === id);

test(
  'a room on another floor is not heard, and is joined by its invite, its short text, or its name once it was',
  options,
  async (t) => {
    const { office, downstairs, upstairs } = openHouse(t);
    const { program, room } = await office.computer('server', { network: downstairs }).host('Below');
    const anna = office.computer('anna', { network: upstairs });
    assert.deepEqual(await anna.rooms('3s'), [], 'multicast does not cross the router');

    assert.match(room.invite, /^earshot:\/\/10\.78\.0\.10:7788\//);
    assert.match(room.code, /^EAR(-[0-9A-Z]{1,4})+$/);
    // As a colleague sends it, and as another reads it out. Voices cross the router too.
    const mail = `> Hi Anna, join us:\r\n> <${room.invite.slice(0, 60)}\r\n> ${room.invite.slice(60)}>.\r\n`;
    const spoken = `it is ${room.code.toLowerCase().replaceAll('-', ' ')}, all right?`;
    const listener = await anna.join(mail, 'anna');
    const play = ['--play', makeTone(office.folder, 440), '--loop'];
    const talker = await office.computer('ben', { network: upstairs }).join(spoken, 'ben', play);
    for (const joined of [listener.room, talker.room]) {
      assert.equal(joined.id, room.id);
      assert.equal(joined.fingerprint, room.fingerprint);
    }
    await listener.program.event('anna hears ben', (event) => event.event === 'hearing');
    for (const { program: stay } of [listener, talker])
      assert.equal((await stay.stop('SIGINT')).code, 0, stay.report());

    // Whoever joined once finds it by its name, from a new program.
    const config = { config: 'one' };
    const first = anna.earshot(['join', room.invite, '--json', '--name', 'anna', '--for', '1s'], config);
    assert.equal((await first.exited).code, 0, first.report());
    const again = anna.earshot(['join', 'Below', '--json', '--name', 'anna', '--for', '1s'], config);
    const joined = await again.event('joined', (event) => event.event === 'joined' && event.you);
    assert.equal(joined.room.id, room.id);
    assert.equal((await again.exited).code, 0, again.report());
    assert.equal(program.end, undefined);
  },
);

test('an invite of a host in both networks is joined from either, whatever address comes first', options, async (t) => {
  const { office, downstairs, upstairs } = openHouse(t);
  // Without the router each side reaches one address only.
  const server = office.computer('server', { network: downstairs });
  server.plugInto(upstairs);
  execFileSync('sysctl', ['-q', '-w', 'net.ipv4.ip_forward=0']);
  const { room } = await server.host('Both');
  assert.match(room.invite, /&or=10\.7[89]\.0\.10:7788/);
  for (const [name, network] of [
    ['anna', downstairs],
    ['ben', upstairs],
  ]) {
    const computer = office.computer(name, { network });
    const watch = computer.watchRooms();
    await watch.event('the room is shown', is('up', room.id));
    const { program, room: joined } = await computer.join(room.invite, name, ['--for', '1s']);
    assert.equal(joined.id, room.id);
    assert.equal((await program.exited).code, 0, program.report());
    await pause(2000);
    assert.equal(watch.events.filter(is('up', room.id)).length, 1, `listed once\n${watch.report()}`);
  }
});

test(
  'a room that was joined before is listed within 2 s of the lobby, and gone within 3 s of its end',
  options,
  async (t) => {
    const { office, downstairs, upstairs } = openHouse(t);
    const server = office.computer('server', { network: downstairs });
    const { program, room } = await server.host('Remembered');
    const anna = office.computer('anna', { network: upstairs });
    const first = anna.earshot(['join', room.invite, '--json', '--name', 'anna', '--for', '1s'], { config: 'web' });
    assert.equal((await first.exited).code, 0, first.report());

    const { opened, lists } = await openApp(anna);
    const up = await lists('the room is listed', has(room.id));
    t.diagnostic(`listed ${(up.at - opened).toFixed(0)} ms after the lobby opened`);
    assert.ok(up.at - opened < 2000, `listed ${(up.at - opened).toFixed(0)} ms after the lobby opened`);

    const killed = now();
    program.child.kill('SIGKILL');
    await program.exited;
    const down = await lists('the room is gone', hasNot(room.id), { after: killed });
    t.diagnostic(`gone ${(down.at - killed).toFixed(0)} ms after it was killed`);
    assert.ok(down.at - killed < 3000, `gone ${(down.at - killed).toFixed(0)} ms after it was killed`);

    // The same host starts another room: it is listed under its own id.
    const next = await server.host('Remembered');
    assert.notEqual(next.room.id, room.id);
    await lists('the next room is listed', has(next.room.id), { within: 20_000 });
  },
);

test('a computer in both networks passes on what it hears, and not when that is switched off', options, async (t) => {
  const { office, downstairs, upstairs } = openHouse(t);
  const { program, room } = await office.computer('server', { network: downstairs }).host('Passed on');
  const anna = office.computer('anna', { network: upstairs });
  const between = office.computer('mid', { network: downstairs });
  between.plugInto(upstairs);
  const lobby = await openApp(anna);

  const relay = await openApp(between, { env: { EARSHOT_PASS_ON: 'false' } });
  await relay.lists('the one between sees it', has(room.id));
  await pause(5000);
  assert.equal(
    lobby.page.events.some((event) => event.event === 'rooms' && has(room.id)(event.rooms)),
    false,
    'switched off by the environment',
  );
  await relay.program.stop();

  const opened = now();
  const on = await openApp(between);
  const up = await lobby.lists('the room is listed upstairs', has(room.id));
  t.diagnostic(`listed upstairs ${(up.at - opened).toFixed(0)} ms after the app between was started`);
  assert.equal(up.rooms.length, 1);
  assert.match(up.rooms[0].address, /^10\.78\.0\./, 'at the host, not at the relay');

  // A lobby that opens later asks, and is told; it can join by name.
  const ben = office.computer('ben', { network: upstairs });
  const watch = ben.watchRooms();
  await watch.event('the room is shown', is('up', room.id));
  const joined = await ben.join('Passed on', 'ben', ['--for', '1s']);
  assert.equal(joined.room.id, room.id);
  assert.equal((await joined.program.exited).code, 0);

  // Switched off in the settings, nobody new is told; who knows the room keeps it while it answers.
  await on.call('ChangeSettings', 'network', { passOn: false });
  const carla = office.computer('carla', { network: upstairs });
  assert.deepEqual(await carla.rooms('5s'), []);
  await on.call('ChangeSettings', 'network', { passOn: true });
  assert.deepEqual(
    (await carla.rooms('5s')).map(({ id }) => id),
    [room.id],
  );

  const killed = now();
  program.child.kill('SIGKILL');
  const down = await lobby.lists('the room is gone upstairs', hasNot(room.id), { after: killed });
  t.diagnostic(`gone upstairs ${(down.at - killed).toFixed(0)} ms after it was killed`);
  assert.ok(down.at - killed < 3000, `gone upstairs ${(down.at - killed).toFixed(0)} ms after it was killed`);
});

test('a room that is passed on is found again when its host gets another address', options, async (t) => {
  const { office, downstairs, upstairs } = openHouse(t);
  const server = office.computer('server', { network: downstairs });
  const { room } = await server.host('Moves');
  const between = office.computer('mid', { network: downstairs });
  between.plugInto(upstairs);
  const relay = between.watchRooms();
  await relay.event('the one between sees it', is('up', room.id));
  const watch = office.computer('anna', { network: upstairs }).watchRooms();
  await watch.event('the room is shown upstairs', is('up', room.id));

  const ip = (...args) => execFileSync('ip', ['-n', server.namespace, ...args]);
  ip('addr', 'flush', 'dev', 'eth0', 'scope', 'global');
  ip('addr', 'add', '10.78.0.99/24', 'dev', 'eth0');
  ip('route', 'replace', 'default', 'via', '10.78.0.1');
  const moved = now();
  const found = await watch.event(
    'the room is shown at its new address',
    (event) =>
      ['up', 'changed'].includes(event.event) &&
      event.room.id === room.id &&
      event.room.addresses[0] === '10.78.0.99:7788',
    { after: moved, within: 20_000 },
  );
  t.diagnostic(`shown upstairs at its new address ${(found.at - moved).toFixed(0)} ms after the move`);
});
