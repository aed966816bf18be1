import { expect, it } from 'vitest';
import { en } from '../src/i18n/en';
import { ko } from '../src/i18n/ko';
import { symbols } from '../src/session/code';
import { RoomController } from '../src/session/room';
import { FakeApp, FakeTransport, listing, state } from './fakes';

const file = (files: Record<string, string>): string => Object.values(files).join();
const protocol = file(
  import.meta.glob<string>('../../docs/PROTOCOL.md', { query: '?raw', import: 'default', eager: true }),
);
const go = file(
  import.meta.glob<string>('../../sfu/identity/code.go', { query: '?raw', import: 'default', eager: true }),
);
const examples = protocol.matchAll(/<!-- example: code -->\s*```json\n(.*?)\n```/gs);

/** As the protocol says it, apart from the app that does it for the page. */
async function codeOf(fingerprint: string): Promise<number[]> {
  const { subtle } = globalThis.crypto;
  const bytes = Uint8Array.from(atob(fingerprint.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
  const key = await subtle.importKey('raw', bytes, 'PBKDF2', false, ['deriveBits']);
  const salt = new TextEncoder().encode('earshot host code 1');
  const derived = await subtle.deriveBits({ name: 'PBKDF2', hash: 'SHA-256', salt, iterations: 131072 }, key, 48);
  const bits = Array.from(new Uint8Array(derived), (byte) => byte.toString(2).padStart(8, '0')).join('');
  return Array.from({ length: 7 }, (_, i) => parseInt(bits.slice(6 * i, 6 * i + 6), 2));
}

it.each(
  Array.from(
    examples,
    ([, json = '']) => JSON.parse(json) as { fingerprint: string; symbols: number[]; emoji: string },
  ),
)('shows the code of $fingerprint as the protocol says', async (vector) => {
  expect(await codeOf(vector.fingerprint)).toEqual(vector.symbols);
  expect(vector.symbols.map((n) => symbols[n]).join('')).toBe(vector.emoji);
});

it('has 64 symbols of one character, each with a name of its own in both languages', () => {
  expect(new Set(symbols).size).toBe(64);
  expect(symbols.every((symbol) => Array.from(symbol).length === 1)).toBe(true);
  const pairs = Array.from(go.matchAll(/\{"([^"]+)", "([^"]+)"\}/g), ([, emoji, name]) => ({ emoji, name }));
  expect(pairs).toEqual(symbols.map((emoji, n) => ({ emoji, name: en.trust.symbols[n] })));
  for (const { trust } of [en, ko]) {
    expect(trust.symbols.length).toBe(64);
    expect(new Set(trust.symbols).size).toBe(64);
  }
});

const known = {
  fingerprint: 'o'.repeat(43), host: 'Maya', room: 'Standup', addresses: [], first: '', joined: '', verified: '',
}; // prettier-ignore
const other = listing({ trust: 'changed', changed: { by: 'names', known } });

function controller(app: FakeApp): RoomController {
  const room = new RoomController({
    app: app.api,
    page: 'here',
    now: () => 0,
    transport: (events) => new FakeTransport(events),
  });
  app.emit('state', state(2));
  return room;
}

it('asks before it joins a room whose key has changed, and joins no other key than the accepted one', async () => {
  const app = new FakeApp();
  const room = controller(app);
  expect(await room.entrance.join('r1', other)).toBe(false);
  expect(room.view.changed?.change.known.host).toBe('Maya');
  expect(app.called('Join')).toEqual([]);
  room.entrance.declineHost();
  expect(room.view.changed).toBeNull();

  await room.entrance.join('r1', other);
  app.answers['Join'] = () => Promise.reject(new Error('enough'));
  await room.entrance.acceptHost();
  expect(app.called('Join')).toMatchObject([[{ room: 'r1', accept: other.fingerprint }]]);
  expect(room.view.changed).toBeNull();

  const third = { ...other, fingerprint: 't'.repeat(43) };
  await room.entrance.join('r1', third);
  expect(room.view.changed?.listing.fingerprint).toBe(third.fingerprint);
  expect(app.called('Join').length).toBe(1);
  room.stop();
});

it('asks when the app finds the change that the list did not know of', async () => {
  const app = new FakeApp();
  const room = controller(app);
  app.answers['Join'] = () => Promise.reject(Object.assign(new Error(), { code: 'host_changed' }));
  app.answers['Look'] = other;
  expect(await room.entrance.join('r1', listing())).toBe(false);
  expect(room.view.changed?.listing).toEqual(other);
  room.stop();
});

it('says of an invite with another key that it was the invite, and of the list that it was not', async () => {
  const app = new FakeApp();
  const room = controller(app);
  room.start();
  await Promise.resolve();
  const invite = 'earshot://10.0.0.9:7788/r1?fp=' + 'n'.repeat(43);
  app.answers['Look'] = () => ({ ...other, ref: invite });
  for (const [ref, invited] of [
    [invite, true],
    ['EAR-2003-GDWJ-QT9G', true],
    ['10.0.0.9:7788', false],
  ] as const) {
    expect(await room.entrance.join(ref)).toBe(false);
    expect(room.view.changed?.invited).toBe(invited);
    room.entrance.declineHost();
  }
  app.emit('rooms', {
    revision: 2,
    rooms: [{ ...other, ref: invite }],
    search: { interfaces: [], problem: '', crowded: false },
  });
  expect(await room.entrance.join(invite)).toBe(false);
  expect(room.view.changed?.invited).toBe(false);
  room.stop();
});
