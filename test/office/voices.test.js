// Computers without a screen in one room: found by multicast, joined by name, heard and recorded.
import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { needsRoot, openOffice } from '../support/office.js';
import { pause } from '../support/program.js';
import { decode, makeTone, power, prominence } from '../support/tones.js';

const tones = { anna: 440, ben: 660 };

test(
  'participants find a room by multicast, talk in it and record each other',
  { skip: needsRoot, timeout: 60_000 },
  async (t) => {
    const office = openOffice(t);
    const server = office.computer('server');
    const { program: host, room } = await server.host('Küche 부엌');
    assert.equal(room.port, 7788);
    assert.deepEqual(
      room.addresses.filter((address) => address === `${server.address}:7788`),
      [`${server.address}:7788`],
    );

    const anna = office.computer('anna');
    const listed = await anna.rooms();
    assert.deepEqual(
      listed.map(({ id, name, fingerprint, port }) => ({ id, name, fingerprint, port })),
      [{ id: room.id, name: 'Küche 부엌', fingerprint: room.fingerprint, port: 7788 }],
    );

    // Three ways in: by name, by id and by invite. Eve only listens.
    const talk = (computer, way, name) => {
      const folder = join(computer.home, 'recorded');
      mkdirSync(folder);
      const play = name in tones ? ['--play', makeTone(office.folder, tones[name]), '--loop'] : [];
      return computer
        .join(way, name, [...play, '--record', folder, '--for', '10s'])
        .then((joined) => ({ ...joined, folder }));
    };
    const present = {
      anna: await talk(anna, 'Küche 부엌', 'anna'),
      ben: await talk(office.computer('ben'), room.id, 'ben'),
      eve: await talk(office.computer('eve'), room.invite, 'eve'),
    };

    for (const [name, { program, took }] of Object.entries(present)) {
      for (const other of Object.keys(tones).filter((talker) => talker !== name)) {
        const hearing = await program.event(
          `${name} hears ${other}`,
          (event) => event.event === 'hearing' && event.participant.name === other,
        );
        t.diagnostic(`${name}: in after ${String(took)} ms, heard ${other} after ${String(hearing.took_ms)} ms`);
      }
    }
    for (const [name, { program }] of Object.entries(present)) {
      assert.equal((await program.exited).code, 0, `${name} is done after --for\n${program.report()}`);
    }
    for (const name of Object.keys(present)) {
      await host.event(
        `the host sees ${name} come`,
        (event) => event.event === 'joined' && event.participant.name === name,
      );
      await host.event(
        `the host sees ${name} go`,
        (event) => event.event === 'left' && event.participant.name === name,
      );
    }

    for (const [name, { folder }] of Object.entries(present)) {
      const others = Object.keys(tones).filter((talker) => talker !== name);
      const files = readdirSync(folder)
        .filter((file) => file.endsWith('.ogg'))
        .sort();
      assert.deepEqual(
        files.map((file) => file.split('-')[0]),
        others,
        `${name} recorded one file of each talker`,
      );
      for (const [index, talker] of others.entries()) {
        assert.equal(files[index], `${talker}-${present[talker].you.id}.ogg`);
        const samples = decode(join(folder, files[index]));
        const foreign = Object.values(tones).filter((tone) => tone !== tones[talker]);
        const clear = prominence(samples, tones[talker], foreign);
        t.diagnostic(
          `${name} recorded ${talker}: ${(samples.length / 48000).toFixed(2)} s, tone ${clear.toFixed(0)} dB above the other`,
        );
        assert.ok(clear > 30, `${talker}'s tone is ${clear.toFixed(1)} dB above the others at ${name}`);
        assert.ok(samples.length > 2 * 48000, `${name} recorded ${String(samples.length / 48000)} s of ${talker}`);
      }
    }
  },
);

test(
  'a recording keeps the silence of a talker whose computer stood still',
  { skip: needsRoot, timeout: 60_000 },
  async (t) => {
    const office = openOffice(t);
    const { room } = await office.computer('server').host('Gap');
    const eve = office.computer('eve');
    const folder = join(eve.home, 'recorded');
    mkdirSync(folder);
    const listener = await eve.join(room.invite, 'eve', ['--record', folder]);
    const ben = office.computer('ben');
    const talker = await ben.join(room.invite, 'ben', ['--play', makeTone(office.folder, tones.ben, 6), '--for', '6s']);
    await listener.program.event('eve hears ben', (event) => event.event === 'hearing');
    await pause(2000);
    talker.program.child.kill('SIGSTOP');
    await pause(1200);
    talker.program.child.kill('SIGCONT');
    await talker.program.exited;
    const end = await listener.program.stop('SIGINT');
    assert.equal(end.code, 0, listener.program.report());

    const samples = decode(join(folder, readdirSync(folder)[0]));
    const tenths = Array.from({ length: Math.floor(samples.length / 4800) }, (_, index) =>
      power(samples.subarray(index * 4800, (index + 1) * 4800), tones.ben) > 1e-5 ? '#' : '.',
    ).join('');
    t.diagnostic(`ten marks a second, # is the tone: ${tenths}`);
    assert.match(tenths, /^\.{0,20}#{15,24}\.{9,14}#{20,32}\.*$/);
  },
);

test(
  'a room that cannot be found or reached ends join with a code',
  { skip: needsRoot, timeout: 40_000 },
  async (t) => {
    const office = openOffice(t);
    const anna = office.computer('anna');
    for (const [room, code] of [
      ['Nowhere', 'not_found'],
      ['10.77.0.1:7788', 'unreachable'],
    ]) {
      const program = anna.earshot(['join', room, '--json', '--name', 'anna']);
      const end = await program.exited;
      assert.equal(end.code, 1, program.report());
      assert.match(program.stdout + program.stderr, new RegExp(code), program.report());
    }
  },
);

test('when the host ends the room everybody is told', { skip: needsRoot, timeout: 40_000 }, async (t) => {
  const office = openOffice(t);
  const { program: host, room } = await office.computer('server').host('Short');
  const { program } = await office.computer('anna').join(room.invite, 'anna');
  assert.equal((await host.stop('SIGTERM')).code, 0, host.report());
  const ended = await program.event('anna is told', (event) => event.event === 'ended', { within: 3000 });
  assert.equal(ended.code, 'room_ended');
  await program.exited;
});

test(
  'a room with a PIN lets in who knows it, and tells its host who does not',
  { skip: needsRoot, timeout: 40_000 },
  async (t) => {
    const office = openOffice(t);
    const { program: host, room } = await office.computer('server').host('Locked', ['--pin', '4711']);
    assert.equal(room.pin, true);
    const anna = office.computer('anna');
    for (const [args, code] of [
      [[], 'pin_needed'],
      [['--pin', '4712'], 'wrong_pin'],
    ]) {
      const program = anna.earshot(['join', 'Locked', '--json', '--name', 'anna', ...args]);
      const end = await program.exited;
      assert.equal(end.code, 1, program.report());
      assert.match(program.stdout, new RegExp(`"code":"${code}"`), program.report());
    }
    const told = await host.event('the host is told', (event) => event.event === 'wrong_pin');
    assert.deepEqual([told.address, told.tries], [anna.address, 1]);
    await anna.join('Locked', 'anna', ['--pin', '4711', '--for', '1s']);
    assert.doesNotMatch(host.stdout + host.stderr, /4711/);
  },
);
