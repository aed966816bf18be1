// An open lobby whose network changes under it: it is right again within 3 s, and nobody starts it anew.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addStrangers, giveAddress, onlyIPv6, setSwitch, takeAddress } from '../support/moves.js';
import { needsRoot, openOffice } from '../support/office.js';
import { now, pause } from '../support/program.js';

/** What is promised, in milliseconds. */
const promised = 3000;
const options = { skip: needsRoot, timeout: 90_000 };

const up = (id) => (seen) => seen.event === 'up' && seen.room.id === id;
const down = (id) => (seen) => seen.event === 'down' && seen.room.id === id;

/** Waits for an event and holds it to the promise. */
async function soon(t, watch, what, matches, since, limit = promised) {
  const event = await watch.event(what, matches, { after: since, within: limit + 7000 });
  const took = event.at - since;
  t.diagnostic(`${what} after ${took.toFixed(0)} ms`);
  assert.ok(took < limit, `${what} after ${took.toFixed(0)} ms, promised are ${String(limit)}`);
  return event;
}

/** The rooms that a watching program shows now. */
function shown(watch) {
  const ids = new Set();
  for (const { event, room } of watch.events) {
    if (event === 'up') ids.add(room.id);
    if (event === 'down') ids.delete(room.id);
  }
  return [...ids];
}

test('over to another network, and a VPN comes up: the lobby shows the rooms of where it is', options, async (t) => {
  const office = openOffice(t);
  const upstairs = office.network('upstairs', '10.78.0');
  const { room: here } = await office.computer('server').host('Downstairs');
  const { room: there } = await office.computer('other', { network: upstairs }).host('Upstairs');
  const anna = office.computer('anna');
  const watch = anna.watchRooms();
  await watch.event('the room of this network is shown', up(here.id));

  // The Wi-Fi comes up beside the cable, then the cable goes: both lists are right each time.
  let since = now();
  anna.plugInto(upstairs, 'wlan0');
  await soon(t, watch, 'the room of the second network is shown', up(there.id), since);
  since = now();
  anna.unplug();
  await soon(t, watch, 'the room of the first network is gone', down(here.id), since);
  assert.deepEqual(shown(watch), [there.id]);

  // A VPN and container bridges change nothing.
  const before = watch.events.length;
  addStrangers(anna, 7);
  await pause(promised);
  assert.deepEqual(
    watch.events.slice(before).filter(({ event }) => event !== 'changed'),
    [],
  );
  since = now();
  anna.plugIn();
  await soon(t, watch, 'the room of the first network is back', up(here.id), since);
  assert.deepEqual(shown(watch).sort(), [here.id, there.id].sort());
});

test('a host is renumbered, and loses its switch for a while: the lobby follows', options, async (t) => {
  const office = openOffice(t);
  const server = office.computer('server');
  const { room } = await server.host('Moving');
  const watch = office.computer('anna').watchRooms();
  await watch.event('the room is shown', up(room.id));
  const address = (wanted) => (seen) =>
    (seen.event === 'changed' || seen.event === 'up') &&
    seen.room.id === room.id &&
    seen.room.addresses[0].startsWith(`${wanted}:`);

  let since = now();
  takeAddress(server);
  giveAddress(server, '10.77.0.123');
  await soon(t, watch, 'the new address is shown', address('10.77.0.123'), since);
  assert.deepEqual(shown(watch), [room.id]);

  // The switch loses the cable; neither computer notices anything of its own.
  since = now();
  setSwitch(server, false);
  await soon(t, watch, 'the room is gone', down(room.id), since);
  await pause(2000);
  since = now();
  setSwitch(server, true);
  await soon(t, watch, 'the room is back', up(room.id), since);
});

test('a computer sleeps through the end of one room and the start of another', options, async (t) => {
  const office = openOffice(t);
  const server = office.computer('server');
  const { program, room: first } = await server.host('Before');
  const watch = office.computer('anna').watchRooms();
  await watch.event('the first room is shown', up(first.id));

  watch.child.kill('SIGSTOP');
  await program.stop('SIGINT');
  const { room: second } = await server.host('After');
  await pause(5000);
  const since = now();
  watch.child.kill('SIGCONT');
  await soon(t, watch, 'the ended room is gone', down(first.id), since);
  await soon(t, watch, 'the new room is shown', up(second.id), since);
  assert.deepEqual(shown(watch), [second.id]);
});

test('a network of IPv6 alone: rooms are found, followed and lost', options, async (t) => {
  const office = openOffice(t);
  const server = office.computer('server');
  const anna = office.computer('anna');
  onlyIPv6(server, 'fd77::10');
  onlyIPv6(anna, 'fd77::11');
  const watch = anna.watchRooms();
  const { program, room } = await server.host('Six');
  const seen = await watch.event('the room is shown', up(room.id));
  assert.match(seen.room.addresses[0], /^\[f/);
  const since = now();
  program.child.kill('SIGKILL');
  await soon(t, watch, 'the killed room is gone', down(room.id), since);
});

test('two apps on one computer, without any network to others: each shows the other’s room', options, async (t) => {
  const office = openOffice(t);
  const anna = office.computer('anna');
  const rooms = [(await anna.host('First')).room, (await anna.host('Second')).room];
  assert.notEqual(rooms[0].port, rooms[1].port);
  const watch = anna.watchRooms();
  for (const room of rooms) await watch.event(`${room.name} is shown`, up(room.id));
  const { room } = await anna.join('Second', 'anna', ['--for', '1s']);
  assert.equal(room.id, rooms[1].id);
});
