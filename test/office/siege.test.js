// A hostile computer on the LAN spoofs the room, races its handshakes, replays what it overhears, guesses its PIN and floods its
// port (test/siege/attacker), while two people talk. It comes nowhere, and they hear each other throughout.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { needsRoot, openOffice } from '../support/office.js';
import { decode, makeTone, power, prominence } from '../support/tones.js';

const attacker = resolve('../build/bin/attacker');
const tones = { anna: 440, ben: 660 };

/** Starts an attack on `computer`; resolves with how far it came. The machine that runs it here would be another one. */
function attack(computer, what, { room, address, last = '5s', device = 'eth0' }) {
  const args = ['-do', what, '-room', `${address}:${String(room.port)}`, '-id', room.id, '-name', room.name];
  const program = computer.start(
    'nice',
    ['-n', '15', attacker, ...args, '-fingerprint', room.fingerprint, '-device', device, '-for', last],
    { name: `${computer.name}: ${what}` },
  );
  return program.exited.then((end) => {
    assert.equal(end.code, 0, program.report());
    return JSON.parse(program.stdout);
  });
}

test(
  '(16, 17, 20, 25, 29, 30) a computer that attacks the room fails at all of it while two people talk',
  { skip: needsRoot, timeout: 150_000 },
  async (t) => {
    const office = openOffice(t);
    const server = office.computer('server');
    const { program: host, room } = await server.host('Küche', ['--pin', '4711']);
    const talk = async (name) => {
      const computer = office.computer(name);
      const folder = join(computer.home, 'recorded');
      mkdirSync(folder);
      const args = ['--pin', '4711', '--play', makeTone(office.folder, tones[name]), '--loop', '--record', folder];
      return { ...(await computer.join('Küche', name, args)), computer, folder };
    };
    const present = { anna: await talk('anna'), ben: await talk('ben') };
    for (const [name, { program }] of Object.entries(present)) {
      await program.event(`${name} hears the other`, (event) => event.event === 'hearing');
    }
    const mallory = office.computer('mallory');
    const target = { room, address: server.address };
    const results = [];

    // First all that pretends, with somebody who comes in meanwhile by the room's name.
    const pretending = [
      attack(mallory, 'spoof', { ...target, last: '9s' }),
      attack(mallory, 'guess', { ...target, last: '8s' }),
      attack(mallory, 'race', { ...target, last: '8s' }),
    ];
    const impostor = await mallory.host('Küche', ['--pin', '0000']); // the same name under a key of its own
    const carol = office.computer('carol');
    const listed = await carol.rooms('3s');
    assert.deepEqual(
      listed.map(({ fingerprint }) => fingerprint).sort(),
      [room.fingerprint, impostor.room.fingerprint].sort(),
      'both rooms are listed, each under its own key',
    );
    const guest = await carol.join(room.id, 'carol', ['--pin', '4711', '--for', '4s']);
    await guest.program.event('carol hears somebody', (event) => event.event === 'hearing');
    // Who takes the wrong one of the two is told so by the proof of the PIN, which only the real room can give.
    const misled = carol.earshot(['join', impostor.room.id, '--json', '--name', 'carol', '--pin', '4711']);
    assert.equal((await misled.exited).code, 1, misled.report());
    assert.match(misled.stdout, /"code":"wrong_pin"/, misled.report());
    assert.doesNotMatch(impostor.program.stdout + impostor.program.stderr, /4711/);
    results.push(...(await Promise.all(pretending)));

    // Then all that was overheard, from where every packet of the switch is seen; then as much of everything as it can send.
    results.push(await attack(office.here, 'replay', { ...target, last: '6s', device: 'lan' }));
    results.push(await attack(mallory, 'flood', { ...target, last: '6s' }));

    for (const result of results) t.diagnostic(JSON.stringify(result));
    assert.deepEqual(
      results.filter(({ won }) => won),
      [],
      'an attack came somewhere',
    );
    assert.equal(results.length, 5);
    assert.ok(results.every(({ tried }) => tried > 0));

    await host.event('the host is told of the guesses', (event) => event.event === 'wrong_pin');
    for (const [name, { program }] of Object.entries(present)) {
      const other = name === 'anna' ? 'ben' : 'anna';
      const away = program.events.filter(
        ({ event, participant, status }) =>
          status === 'reconnecting' || (['left', 'updated'].includes(event) && participant?.name === other),
      );
      assert.deepEqual(away, [], `${name} saw ${other} come and go`);
    }
    for (const [name, { program, folder, you }] of Object.entries(present)) {
      const end = await program.stop('SIGINT');
      assert.equal(end.code, 0, program.report());
      const other = name === 'anna' ? 'ben' : 'anna';
      const file = readdirSync(folder).find((entry) => entry.startsWith(other));
      assert.ok(file, `${name} (${you.id}) recorded ${other}`);
      const samples = decode(join(folder, file));
      const clear = prominence(samples, tones[other], [tones[name]]);
      const pieces = Array.from({ length: Math.floor(samples.length / 4800) }, (_, index) =>
        power(samples.subarray(index * 4800, (index + 1) * 4800), tones[other]) > 1e-5 ? '#' : '.',
      ).join('');
      t.diagnostic(`${name} recorded ${other}, ${clear.toFixed(0)} dB above the other tone: ${pieces}`);
      assert.ok(clear > 30, `${other}'s tone is ${clear.toFixed(1)} dB above the other at ${name}`);
      const heard = pieces.replace(/^\.*/, '').replace(/\.*$/, '');
      const silent = heard.split('').filter((mark) => mark === '.').length;
      assert.ok(
        silent <= heard.length / 50,
        `${name} missed ${String(silent)} tenths of a second of ${other}: ${heard}`,
      );
    }
  },
);

test('(38) a computer without any network hosts a room for itself', { skip: needsRoot, timeout: 60_000 }, async (t) => {
  const office = openOffice(t);
  const alone = office.computer('alone', { plugged: false });
  const { room } = await alone.host('Alone');
  const listener = await alone.join(`127.0.0.1:${String(room.port)}`, 'eve', ['--for', '6s']);
  await alone.join(`127.0.0.1:${String(room.port)}`, 'ben', ['--play', makeTone(office.folder, tones.ben), '--loop']);
  await listener.program.event('eve hears ben', (event) => event.event === 'hearing');
  assert.equal((await listener.program.exited).code, 0, listener.program.report());
  await alone.rooms('1s'); // ends well, whatever it finds
});
