import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Problem, type JoinRequest } from '../src/app/api';
import { keepPlace, takePlace, type Place } from '../src/session/place';
import { RoomController } from '../src/session/room';
import { MicrophoneError } from '../src/session/transport';
import { screenOf } from '../src/session/view';
import { FakeApp, FakeTransport, facts, jieun, listing, maya, session, state } from './fakes';

let app: FakeApp;
let transport: FakeTransport;
let room: RoomController;

/** Everything that is under way, short of timers, has happened. */
const settled = () => vi.advanceTimersByTimeAsync(0);

function open(options: { join?: string; place?: Place | undefined; canTalk?: boolean; optional?: boolean } = {}): void {
  room = new RoomController({
    app: app.api,
    page: 'here',
    join: options.join,
    place: options.place,
    now: () => Date.now(),
    transport: options.canTalk === false ? undefined : (events) => (transport = new FakeTransport(events)),
    optional: options.optional ?? false,
  });
  room.start();
}

async function joined(): Promise<void> {
  open();
  await room.entrance.join('r1', listing());
  app.emit('state', state(2, { session: session() }));
  await settled();
}

beforeEach(() => {
  vi.useFakeTimers();
  app = new FakeApp();
  app.answers['Join'] = () => ({ answer: 'v=0 answer', session: session() });
  app.answers['Look'] = (ref: string) => listing({ ref, room: facts({ seats: 4 }) });
  app.answers['StartRoom'] = () => listing({ ref: 'mine', mine: true });
});

afterEach(() => {
  room.stop();
  vi.useRealTimers();
});

describe('the state', () => {
  it('keeps the highest revision it has seen', () => {
    open();
    app.emit('state', state(5, { profile: { name: 'new', language: '', theme: '' } }));
    app.emit('state', state(4, { profile: { name: 'old', language: '', theme: '' } }));
    expect(room.view.state?.profile.name).toBe('new');
  });

  it('names who came and who went, but not ourselves', async () => {
    await joined();
    app.emit('state', state(3, { session: session({ participants: [jieun, { id: 'p3', name: 'Tom' }] }) }));
    expect(room.view.movements).toEqual([
      { kind: 'left', names: ['Maya'] },
      { kind: 'joined', names: ['Tom'] },
    ]);
  });
});

it('silences the seats of those who are muted', async () => {
  await joined();
  expect(transport.silenced).toEqual([false]);
  app.emit('state', state(3, { session: session({ participants: [{ ...maya, muted: true }, jieun] }) }));
  expect(transport.silenced).toEqual([true]);
  app.emit('state', state(4, { session: session({ participants: [{ ...maya, muted: true }, jieun], seats: ['p2'] }) }));
  expect(transport.silenced).toEqual([false]);
});

it('takes it easy while nobody is there to hear or record us', async () => {
  await joined();
  expect(transport.alone).toBe(false);
  app.emit('state', state(3, { session: session({ participants: [jieun] }) }));
  expect(transport.alone).toBe(true);
  app.emit('state', state(4, { session: session({ participants: [{ ...jieun, recording: true }] }) }));
  expect(transport.alone).toBe(false);
});

describe('joining', () => {
  it('prepares while the lobby is open and sends offer, page and voice in one request', async () => {
    open();
    expect(transport.did).toEqual(['prepare 10']);
    await room.entrance.join('r1', listing());
    const request: JoinRequest = {
      room: 'r1',
      page: 'here',
      offer: 'v=0 offer',
      muted: false,
      listener: false,
      deafened: false,
      pin: '',
    };
    expect(app.called('Join')).toEqual([[request]]);
    expect(screenOf(room.view)).toBe('room');
  });

  it('does not wait for the microphone', async () => {
    open();
    transport.microphone = () => new Promise(() => undefined);
    await room.entrance.join('r1', listing());
    expect(room.view.microphone).toBe('asking');
    expect(screenOf(room.view)).toBe('room');
  });

  it.each(['refused', 'missing', 'broken'] as const)(
    'goes on as a listener when the microphone is %s',
    async (trouble) => {
      open();
      let answer: (error: Error) => void = () => undefined;
      transport.microphone = () => new Promise((_, reject) => (answer = reject));
      await room.entrance.join('r1', listing());
      answer(new MicrophoneError(trouble, ''));
      await settled();
      expect(room.view.microphone).toBe(trouble);
      expect(app.called('SetVoice')).toEqual([[{ muted: false, listener: true, deafened: false }]]);
    },
  );

  it('speaks after all once a second try gives the microphone', async () => {
    open();
    transport.microphone = () => Promise.reject(new MicrophoneError('missing', ''));
    await room.entrance.join('r1', listing());
    transport.microphone = () => Promise.resolve();
    room.devicesChanged();
    await settled();
    expect(room.view.microphone).toBe('open');
    expect(app.called('SetVoice').at(-1)).toEqual([{ muted: false, listener: false, deafened: false }]);
  });

  it('tells why it was refused and stays in the lobby, with a new connection prepared', async () => {
    open();
    app.answers['Join'] = () => Promise.reject(new Problem('room_full', 'capacity 2'));
    expect(await room.entrance.join('r1', listing())).toBe(false);
    expect(room.view.troubles).toMatchObject([{ code: 'room_full', detail: 'capacity 2' }]);
    expect(screenOf(room.view)).toBe('lobby');
    expect(room.view.microphone).toBe('off');
  });

  it('starts a room and walks into it', async () => {
    open();
    await room.entrance.startRoom('Standup');
    expect(app.called('StartRoom')).toEqual([['Standup', '']]);
    expect(app.called('Join')[0]).toMatchObject([{ room: 'mine' }]);
  });

  it('follows the link that opened the page, once', async () => {
    open({ join: 'earshot://10.0.0.2:7788/r1' });
    await settled();
    app.emit('state', state(9));
    await settled();
    expect(app.called('Join')).toHaveLength(1);
    expect(app.called('Join')[0]).toMatchObject([{ room: 'earshot://10.0.0.2:7788/r1' }]);
  });
});

describe('a link to a room', () => {
  const link = 'earshot://10.0.0.2:7788/r1';

  it('brings the session here from a page that carries it', async () => {
    app.answers['GetState'] = state(7, { session: session({ page: 'there' }) });
    open({ join: link });
    await settled();
    expect(app.called('Join')).toMatchObject([[{ room: link, page: 'here' }]]);
  });

  it('is for nothing on the page that carries the session already', async () => {
    app.answers['GetState'] = state(7, { session: session() });
    open({ join: link });
    await settled();
    expect(app.called('Join')).toMatchObject([[{ room: session().invite }]]);
  });
});

describe('muting', () => {
  it('silences our track before it asks the app', async () => {
    await joined();
    room.toggleMuted();
    expect(transport.did.at(-1)).toBe('muted');
    expect(room.view.muted).toBe(true);
    expect(app.called('SetVoice')).toEqual([[{ muted: true, listener: false, deafened: false }]]);
  });

  it('is said again after the session was resumed', async () => {
    await joined();
    app.emit('state', state(3, { session: session({ status: 'reconnecting' }) }));
    room.toggleMuted();
    expect(app.called('SetVoice')).toEqual([]);
    app.emit('state', state(4, { session: session() }));
    expect(app.called('SetVoice')).toEqual([[{ muted: true, listener: false, deafened: false }]]);
  });

  it('does nothing without a microphone', async () => {
    open();
    transport.microphone = () => Promise.reject(new MicrophoneError('refused', ''));
    await room.entrance.join('r1', listing());
    room.toggleMuted();
    expect(room.view.muted).toBe(false);
  });
});

describe('an absence that was too long for our place', () => {
  const gone = () => session({ status: 'reconnecting', rejoin: true });
  const back = () => ({
    answer: 'v=0 answer',
    session: session({ you: 'p9', participants: [maya, { ...jieun, id: 'p9' }] }),
  });

  it('enters again by itself, muted as before, without closing the microphone or leaving the screen', async () => {
    await joined();
    room.toggleMuted();
    const screens = new Set<string>();
    room.subscribe((view) => screens.add(screenOf(view)));
    app.answers['Join'] = back;
    app.emit('state', state(3, { session: gone() }));
    await settled();
    expect(app.called('Join')).toHaveLength(2);
    expect(app.called('Join')[1]).toMatchObject([
      { room: session().invite, page: 'here', muted: true, listener: false, deafened: false },
    ]);
    expect(transport.did.filter((did) => did === 'microphone')).toHaveLength(1);
    expect(room.view).toMatchObject({ muted: true, microphone: 'open', media: 'connected', troubles: [] });
    expect(room.view.state?.session?.you).toBe('p9');
    expect([...screens]).toEqual(['room']);
  });

  it('tries again until it is in, and is as it was then', async () => {
    await joined();
    room.toggleMuted();
    app.answers['Join'] = () => Promise.reject(new Problem('unreachable'));
    app.emit('state', state(3, { session: gone() }));
    await vi.advanceTimersByTimeAsync(2500);
    expect(app.called('Join')).toHaveLength(4);
    expect(room.view.troubles).toEqual([]);
    expect(screenOf(room.view)).toBe('room');
    app.answers['Join'] = back;
    await vi.advanceTimersByTimeAsync(1000);
    expect(room.view).toMatchObject({ muted: true, media: 'connected' });
    await vi.advanceTimersByTimeAsync(5000);
    expect(app.called('Join')).toHaveLength(5);
  });

  it('stops trying when the app gives up', async () => {
    await joined();
    app.answers['Join'] = () => Promise.reject(new Problem('not_found'));
    app.emit('state', state(3, { session: gone() }));
    await settled();
    app.emit('state', state(4, { notices: [{ id: 1, code: 'not_found', detail: '', room: 'Standup' }] }));
    await vi.advanceTimersByTimeAsync(5000);
    expect(app.called('Join')).toHaveLength(2);
    expect(screenOf(room.view)).toBe('lobby');
  });

  it('stays left when we leave meanwhile', async () => {
    await joined();
    app.answers['Join'] = () => Promise.reject(new Problem('unreachable'));
    app.emit('state', state(3, { session: gone() }));
    await settled();
    await room.leave();
    app.emit('state', state(4, { session: gone() }));
    await vi.advanceTimersByTimeAsync(5000);
    expect(app.called('Join')).toHaveLength(2);
    expect(app.called('Leave')).toHaveLength(1);
    expect(screenOf(room.view)).toBe('lobby');
  });
});

it('takes the voice to where Signal went', async () => {
  await joined();
  app.emit('state', state(3, { session: session({ path: 1 }) }));
  expect(transport.did).toContain('restart');
});

describe('leaving', () => {
  it('is silent and in the lobby at once, and does not come back by itself', async () => {
    await joined();
    app.answers['Leave'] = () => new Promise(() => undefined);
    void room.leave();
    expect(transport.did).toContain('leave');
    expect(screenOf(room.view)).toBe('lobby');
    app.emit('state', state(3, { session: session() }));
    await settled();
    expect(app.called('Join')).toHaveLength(1);
  });

  it('closes the voice when the app says the session is over', async () => {
    await joined();
    app.emit('state', state(3, { notices: [{ id: 1, code: 'room_ended', detail: '', room: 'Standup' }] }));
    expect(transport.did).toContain('leave');
    expect(room.view.media).toBe('closed');
    expect(transport.did.at(-1)).toBe('prepare 10');
  });
});

describe('several pages', () => {
  it('falls silent when the session moves to another page, and can take it back', async () => {
    await joined();
    room.toggleMuted();
    const elsewhere = session({ page: 'there', participants: [maya, { ...jieun, muted: true }] });
    app.emit('state', state(3, { session: elsewhere }));
    expect(room.view.media).toBe('closed');
    expect(screenOf(room.view)).toBe('elsewhere');
    await room.takeOver();
    expect(app.called('Join').at(-1)).toMatchObject([{ room: elsewhere.invite, page: 'here', muted: true }]);
    expect(screenOf(room.view)).toBe('room');
  });

  it('joins again by itself after a reload', async () => {
    app.answers['GetState'] = state(7, { session: session() });
    open();
    await settled();
    expect(app.called('Join')).toHaveLength(1);
    expect(room.view.media).toBe('connected');
  });

  it('joins again after a reload that was so slow that the app left the room, muted as before and asked nothing', async () => {
    await joined();
    room.toggleMuted();
    const place = room.whereabouts();
    room.stop();
    app.answers['GetState'] = state(1);
    app.answers['Look'] = (ref: string) => listing({ ref, room: facts({ recorders: ['Maya'] }) });
    open({ place });
    await settled();
    expect(app.called('Join').at(-1)).toMatchObject([{ room: session().invite, muted: true }]);
    expect(room.view.recorded).toBeNull();
  });

  it('stays out after a reload when the room has gone to another page meanwhile', async () => {
    await joined();
    const place = room.whereabouts();
    room.stop();
    app.answers['GetState'] = state(1, { session: session({ page: 'there' }) });
    open({ place });
    await settled();
    app.emit('state', state(2));
    await settled();
    expect(app.called('Join')).toHaveLength(1);
  });

  it('keeps a place for the time of a reload, once', () => {
    const kept = new Map<string, string>();
    const storage = {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => void kept.set(key, value),
      removeItem: (key: string) => void kept.delete(key),
    } as Storage;
    const place = { ref: 'r1', room: 'kitchen', muted: true, deafened: false };
    keepPlace(storage, place, 1000);
    expect(takePlace(storage, 100_000)).toEqual(place);
    expect(takePlace(storage, 100_000)).toBeUndefined();
    keepPlace(storage, place, 1000);
    expect(takePlace(storage, 1_000_000)).toBeUndefined();
    for (const bad of ['', 'null', '[]', '{', '{"ref":1,"room":"x","at":1}']) {
      kept.set('earshot.place', bad);
      expect(takePlace(storage, 2)).toBeUndefined();
    }
  });

  it('leaves when it cannot join again after a reload, instead of trying for ever', async () => {
    app.answers['GetState'] = state(7, { session: session() });
    app.answers['Join'] = () => Promise.reject(new Problem('unreachable'));
    open();
    await settled();
    expect(app.called('Join')).toHaveLength(1);
    expect(app.called('Leave')).toHaveLength(1);
  });
});

describe('a window without RTCPeerConnection', () => {
  it('opens the room in a browser and offers it again', async () => {
    open({ canTalk: false });
    await room.entrance.startRoom('Standup');
    expect(app.called('Join')).toEqual([]);
    expect(app.called('OpenInBrowser')).toEqual([['mine']]);
    expect(room.view.opened).toEqual({ ref: 'mine', browser: 'Chromium' });
    expect(screenOf(room.view)).toBe('elsewhere');
    await room.entrance.openOutside();
    expect(app.called('OpenInBrowser')).toHaveLength(2);
    app.emit('state', state(2, { session: session({ page: 'browser' }) }));
    app.emit('state', state(3));
    expect(screenOf(room.view)).toBe('lobby');
  });
});

describe('a window whose audio threads do not start', () => {
  it('opens the room in a browser, and talks itself when they start the next time', async () => {
    open({ optional: true });
    await settled();
    transport.prepare = () => Promise.reject(new Error('a thread could not be loaded'));
    await room.entrance.join('r1', listing());
    expect(app.called('OpenInBrowser')).toEqual([['r1']]);
    expect([room.view.canTalk, room.view.opened?.browser, screenOf(room.view)]).toEqual([
      false,
      'Chromium',
      'elsewhere',
    ]);
    await room.leave();
    transport.prepare = () => Promise.resolve();
    await room.entrance.join('r1', listing());
    expect(app.called('Join')).toHaveLength(1);
    expect(room.view.canTalk).toBe(true);
  });
});

describe('when the app is gone', () => {
  it('closes the voice, says so, and returns when the app does', async () => {
    await joined();
    app.emit('link', 'down');
    expect(screenOf(room.view)).toBe('gone');
    expect(room.view.media).toBe('closed');
    app.emit('link', 'up');
    await settled();
    expect(app.called('Join')).toHaveLength(2);
    expect(screenOf(room.view)).toBe('room');
  });

  it('leaves as soon as the app is back, if leaving was what we wanted', async () => {
    await joined();
    app.answers['Leave'] = () => Promise.reject(new Problem('lost'));
    await room.leave();
    app.answers['Leave'] = undefined;
    app.emit('state', state(3, { session: session() }));
    await settled();
    expect(app.called('Leave')).toHaveLength(2);
    expect(app.called('Join')).toHaveLength(1);
  });
});

describe('quality and links', () => {
  const loud = { bitrate: 96_000, music: true, lowDelay: false };

  it('are kept by the app and sent when the app says so', async () => {
    await joined();
    room.preferences.change('quality', { music: true });
    expect(app.called('ChangeSettings')).toEqual([['quality', { music: true }]]);
    transport.did.length = 0;
    app.emit('state', state(3, { session: session(), quality: loud }));
    expect(transport.did).toEqual(['quality 96000 music']);
  });

  it('are tried again when the session is back, without a word about it', async () => {
    await joined();
    transport.take = () => Promise.reject(new Problem('lost'));
    app.emit('state', state(3, { session: session(), quality: loud }));
    app.emit('state', state(4, { session: session({ status: 'reconnecting' }), quality: loud }));
    await settled();
    transport.did.length = 0;
    app.emit('state', state(5, { session: session(), quality: loud }));
    expect(transport.did).toEqual(['quality 96000 music']);
    expect(room.view.troubles).toEqual([]);
  });

  it('make another offer when the host wants each frame twice, but only the page that talks', async () => {
    open();
    app.emit('protect', { on: true });
    await room.entrance.join('r1', listing());
    app.emit('state', state(2, { session: session() }));
    await settled();
    expect(transport.did).not.toContain('renegotiate');
    app.emit('protect', { on: true });
    expect(transport.did).toContain('renegotiate');
  });

  it('are measured and told every two seconds while there is a connection', async () => {
    await joined();
    await vi.advanceTimersByTimeAsync(2000);
    expect(app.called('Report')).toEqual([]);
    transport.report = { received: 90, lost: 10, concealed: 0.1, bufferMillis: 60 };
    await vi.advanceTimersByTimeAsync(4000);
    expect(app.called('Report')).toEqual([[transport.report], [transport.report]]);
    transport.events.onState('interrupted');
    await vi.advanceTimersByTimeAsync(4000);
    expect(app.called('Report')).toHaveLength(2);
  });

  it('are shown until the room is left', async () => {
    await joined();
    const link = { word: 'poor' as const, rttMillis: 80, upLoss: 0.1, downLoss: 0, jitterMillis: 5, concealed: 0.06 };
    app.emit('links', { links: { p1: link } });
    expect(room.view.links).toEqual({ p1: link });
    await room.leave();
    expect(room.view.links).toEqual({});
  });
});
