import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Session, State } from '../src/app/api';
import { limitCurve } from '../src/session/booster';
import { lightOf } from '../src/session/light';
import { loudnessOf, seatVolumes, withLoudness } from '../src/session/loudness';
import { Overheard } from '../src/session/overheard';
import { RoomController } from '../src/session/room';
import { FakeApp, FakeTransport, jieun, listing, maya, session, state } from './fakes';

let app: FakeApp;
let transport: FakeTransport;
let room: RoomController;
let revision: number;

const settled = () => vi.advanceTimersByTimeAsync(0);
const light = () => lightOf(room.view);
/** What the transport was last told of the mute. */
const gate = () => transport.did.findLast((each) => each === 'muted' || each === 'unmuted');

function says(change: Partial<Session>, also: Partial<State> = {}): void {
  app.emit('state', state(++revision, { session: session(change), ...also }));
}

function mode(to: 'open' | 'push-to-talk' | 'push-to-mute'): Partial<State> {
  return { keys: { ...state(0).keys, mode: to } };
}

beforeEach(async () => {
  vi.useFakeTimers();
  revision = 1;
  app = new FakeApp();
  app.answers['Join'] = () => ({ answer: 'v=0', session: session() });
  room = new RoomController({
    app: app.api,
    page: 'here',
    now: () => Date.now(),
    transport: (events) => (transport = new FakeTransport(events)),
  });
  room.start();
  await settled();
  await room.entrance.join('r1', listing());
  says({});
  await settled();
});

afterEach(() => {
  room.stop();
  vi.useRealTimers();
});

describe('deafening', () => {
  it('is silence here, mutes too, and ends as it was before', () => {
    room.toggleDeafened();
    expect(transport.deaf).toBe(true);
    expect(gate()).toBe('muted');
    expect(app.called('SetVoice').at(-1)).toEqual([{ muted: true, listener: false, deafened: true }]);
    room.toggleDeafened();
    expect(transport.deaf).toBe(false);
    expect(gate()).toBe('unmuted');
    room.toggleMuted();
    room.toggleDeafened();
    room.toggleDeafened();
    expect(room.view).toMatchObject({ muted: true, deafened: false });
    expect(gate()).toBe('muted');
  });

  it('ends by a click on the microphone', () => {
    room.toggleDeafened();
    room.toggleMuted();
    expect(room.view).toMatchObject({ muted: false, deafened: false });
    expect(transport.deaf).toBe(false);
  });
});

describe('what is muted', () => {
  it.each([
    ['muted', () => room.toggleMuted(), { muted: true, deafened: false }],
    ['deafened', () => room.toggleDeafened(), { muted: true, deafened: true }],
  ] as const)('is %s again after an absence that was too long', async (_, toggle, wanted) => {
    toggle();
    const participants = [maya, { ...jieun, ...wanted, hand: 3 }];
    app.answers['Join'] = () => ({ answer: 'v=0', session: session({ you: 'p9' }) });
    transport.did.length = 0;
    says({ status: 'reconnecting', rejoin: true, participants });
    await settled();
    expect(app.called('Join').at(-1)).toMatchObject([wanted]);
    expect(room.view).toMatchObject(wanted);
    expect(transport.did).not.toContain('unmuted');
    expect(transport.deaf).toBe(wanted.deafened);
    expect(app.called('RaiseHand')).toEqual([[true]]);
  });

  it('is muted after a resume and another way to the host', async () => {
    room.toggleMuted();
    transport.did.length = 0;
    says({ status: 'reconnecting' });
    transport.events.onState('failed');
    says({ path: 2 });
    transport.events.onState('connected');
    await settled();
    expect(room.view.muted).toBe(true);
    expect(transport.did).not.toContain('unmuted');
  });
});

describe('the light', () => {
  it('says what the host has counted, not what was wished', async () => {
    expect(light()).toBe('opening');
    says({ received: true });
    expect(light()).toBe('heard');
    room.toggleMuted();
    expect(light()).toBe('muted');
    says({ received: false });
    room.toggleMuted();
    expect(light()).toBe('opening');
    await vi.advanceTimersByTimeAsync(2400);
    expect(light()).toBe('opening');
    const before = app.called('SetVoice').length;
    await vi.advanceTimersByTimeAsync(200);
    expect(light()).toBe('unheard');
    expect(app.called('SetVoice')).toHaveLength(before + 1); // the room may take us for muted still
    says({ received: true });
    expect(light()).toBe('heard');
    expect(room.view.overdue).toBe(false);
  });

  it('does not blame the microphone for a connection that is not there', async () => {
    transport.events.onState('interrupted');
    await vi.advanceTimersByTimeAsync(10_000);
    expect(light()).toBe('opening');
  });

  it('says that a moderator muted us, whatever we do', () => {
    says({ silenced: { by: 'Maya', reason: '' }, received: true });
    expect(light()).toBe('silenced');
  });
});

describe('push-to-talk', () => {
  it('is silent until the key is held, and a moment longer than that, without a word to the room', async () => {
    const told = app.called('SetVoice').length;
    says({ received: true }, mode('push-to-talk'));
    expect(light()).toBe('released');
    expect(gate()).toBe('muted');
    room.keys.act('talk.press');
    expect(gate()).toBe('unmuted');
    expect(light()).toBe('heard');
    room.keys.act('talk.release');
    await vi.advanceTimersByTimeAsync(150);
    expect(gate()).toBe('unmuted'); // the last word
    await vi.advanceTimersByTimeAsync(60);
    expect(gate()).toBe('muted');
    expect(app.called('SetVoice')).toHaveLength(told);
  });

  it('goes on when the key is pressed again within the last word', async () => {
    says({}, mode('push-to-talk'));
    room.keys.act('talk.press');
    room.keys.act('talk.release');
    await vi.advanceTimersByTimeAsync(100);
    room.keys.act('talk.press');
    await vi.advanceTimersByTimeAsync(1000);
    expect(gate()).toBe('unmuted');
  });

  it('lifts no mute, and is let go of when the room is left', async () => {
    says({}, mode('push-to-talk'));
    room.toggleMuted();
    room.keys.act('talk.press');
    expect(gate()).toBe('muted');
    await room.leave();
    expect(room.view.pressing).toBe(false);
  });

  it('to mute is the other way round, at once', () => {
    says({ received: true }, mode('push-to-mute'));
    expect(light()).toBe('heard');
    room.keys.act('talk.press');
    expect(light()).toBe('held');
    expect(gate()).toBe('muted');
    room.keys.act('talk.release');
    expect(gate()).toBe('unmuted');
  });
});

describe('a hand', () => {
  it('is raised and taken down as the roster has it', () => {
    room.keys.act('hand.toggle');
    says({ participants: [maya, { ...jieun, hand: 4 }] });
    room.toggleHand();
    expect(app.called('RaiseHand')).toEqual([[true], [false]]);
  });
});

describe('talking while muted', () => {
  const talk = (seconds: number) => {
    for (let i = 0; i < seconds * 10; i++) {
      vi.advanceTimersByTime(100);
      transport.overheard?.(i % 4 === 3 ? -65 : -25);
    }
  };

  it('is listened for only while muted, and hinted at once, until the mute is lifted', () => {
    expect(transport.overheard).toBeUndefined();
    room.toggleMuted();
    transport.overheard?.(-70);
    talk(2);
    expect(room.view.talksMuted).toBe(true);
    room.toggleMuted();
    expect(room.view.talksMuted).toBe(false);
    expect(transport.overheard).toBeUndefined();
  });

  it('is hinted at less and less often, and goes by itself', () => {
    room.toggleMuted();
    transport.overheard?.(-70);
    talk(1);
    expect(room.view.talksMuted).toBe(true);
    talk(10);
    expect(room.view.talksMuted).toBe(false);
    talk(25);
    expect(room.view.talksMuted).toBe(true);
  });

  it('is no cough, no fan and no quiet room', () => {
    const ear = new Overheard();
    const hear = (level: number, times: number) =>
      Array.from({ length: times }, (_, i) => ear.hear(level, i * 100)).includes(true);
    expect(hear(-70, 20)).toBe(false);
    expect(hear(-20, 3)).toBe(false);
    expect(hear(-70, 20)).toBe(false);
    const fan = new Overheard();
    expect(Array.from({ length: 600 }, (_, i) => fan.hear(-35 + (i % 3), i * 100)).includes(true)).toBe(false);
  });
});

describe('how loud others are', () => {
  const key = 'k'.repeat(43);
  const known = { id: 'p1', name: 'Maya', key };

  it('is kept by key, else by name, and what is as it comes is not kept', () => {
    let people = withLoudness({ loudness: [] }, known, 150, false);
    people = withLoudness(people, { id: 'p7', name: 'Tom' }, 80, true);
    expect(loudnessOf(people, { id: 'p99', name: 'Maya again', key })).toMatchObject({ volume: 150 });
    expect(loudnessOf(people, { id: 'p99', name: 'Maya' })).toEqual({ volume: 100 });
    expect(loudnessOf(people, { id: 'p98', name: 'Tom' })).toMatchObject({ volume: 80, muted: true });
    expect(withLoudness(people, known, 100, false).loudness.map(({ name }) => name)).toEqual(['Tom']);
    for (let i = 0; i < 150; i++) people = withLoudness(people, { id: '', name: `Guest ${i}` }, 50, false);
    expect(people.loudness).toHaveLength(100);
    expect(people.loudness.at(-1)?.name).toBe('Guest 149');
  });

  it('follows people from seat to seat', () => {
    const people = withLoudness({ loudness: [] }, known, 150, false);
    const participants = [known, jieun];
    expect(seatVolumes(session({ participants, seats: ['', 'p1', 'p2'] }), people)).toEqual([1, 1.5, 1]);
    expect(seatVolumes(session({ participants, seats: ['p1'] }), withLoudness(people, known, 150, true))).toEqual([0]);
    expect(seatVolumes(session({ participants }), { loudness: [] })).toEqual([]);
  });

  it('is set where it is played, and kept by the app', () => {
    room.preferences.setLoudness(maya, 200, false);
    expect(app.called('ChangeSettings')).toEqual([['people', { loudness: [{ name: 'Maya', volume: 200 }] }]]);
    says({ seats: ['p1'] }, { people: { loudness: [{ name: 'Maya', volume: 200 }] } });
    expect(transport.volumes).toEqual([2]);
  });

  it('never clips: the louder half is pressed together, the rest is untouched', () => {
    const curve = limitCurve();
    const at = (sample: number) => curve[Math.round(((sample / 2 + 1) / 2) * (curve.length - 1))] ?? 0;
    expect(at(0)).toBeCloseTo(0, 6);
    expect(at(0.5)).toBeCloseTo(0.5, 3);
    expect(at(-0.9)).toBeCloseTo(-0.9, 3);
    expect(Math.max(...curve)).toBeLessThan(1);
    expect(curve.every((value, i) => i === 0 || value >= (curve[i - 1] ?? 0))).toBe(true);
  });
});
