// @vitest-environment jsdom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Candidate } from '../src/app/api';
import type { Signalling, TransportEvents } from '../src/session/transport';
import { WebRTCTransport, type WebRTCOptions } from '../src/session/webrtc';

const opus = 'm=audio 9 UDP/TLS/RTP/SAVPF 111\r\na=rtpmap:111 opus/48000/2\r\n';

/** The part of a browser's connection that the transport touches. */
class FakePeer {
  readonly directions: (string | undefined)[] = [];
  readonly senders: { track: unknown; replaceTrack: (track: unknown) => Promise<void> }[] = [];
  connectionState: RTCPeerConnectionState = 'new';
  local = '';
  remote = '';
  onicecandidate: ((event: { candidate: { candidate: string; sdpMid: string } | null }) => void) | null = null;
  onconnectionstatechange: (() => void) | null = null;
  addTransceiver(_kind: string, init: RTCRtpTransceiverInit): unknown {
    this.directions.push(init.direction);
    const sender = {
      track: null as unknown,
      replaceTrack: (track: unknown) => Promise.resolve(void (sender.track = track)),
    };
    this.senders.push(sender);
    return { sender, receiver: { track: { enabled: true } } };
  }
  createOffer(options?: RTCOfferOptions): Promise<{ sdp: string }> {
    return Promise.resolve({ sdp: `v=0\r\n${options?.iceRestart === true ? 's=restart\r\n' : ''}${opus}` });
  }
  setLocalDescription({ sdp }: { sdp: string }): Promise<void> {
    return Promise.resolve(void (this.local = sdp));
  }
  setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    return Promise.resolve(void (this.remote = sdp));
  }
  stats = new Map<string, unknown>();
  getStats(): Promise<Map<string, unknown>> {
    return Promise.resolve(this.stats);
  }
  close(): void {
    this.connectionState = 'closed';
  }
}

class FakeTrack {
  label = 'Fake';
  muted = false;
  getSettings(): MediaTrackSettings {
    return {};
  }
  enabled = true;
  stopped = false;
  onended: (() => void) | null = null;
  stop(): void {
    this.stopped = true;
  }
}

class FakeStream {
  readonly track: { enabled: boolean };
  constructor([track]: { enabled: boolean }[]) {
    this.track = track ?? { enabled: true };
  }
}

let peers: FakePeer[];
let track: FakeTrack;
let now: number;
let events: TransportEvents;
let getUserMedia: (constraints?: unknown) => Promise<unknown>;
let options: WebRTCOptions;
let transport: WebRTCTransport;
let sent: Candidate[];
const signalling: Signalling = {
  join: () => Promise.resolve('v=0 answer'),
  enter: () => Promise.reject(new Error('it has a connection of its own')),
  candidate: (candidate) => Promise.resolve(void sent.push(candidate)),
  restart: () => Promise.resolve('v=0 restarted'),
};

beforeEach(() => {
  peers = [];
  sent = [];
  now = 0;
  track = new FakeTrack();
  events = { onState: vi.fn(), onMicrophoneLost: vi.fn(), onBlocked: vi.fn(), onSoundless: vi.fn() };
  getUserMedia = () => Promise.resolve({ getAudioTracks: () => [track] });
  vi.stubGlobal('MediaStream', FakeStream);
  vi.spyOn(HTMLMediaElement.prototype, 'play').mockImplementation(() => Promise.resolve());
  options = {
    events,
    parent: document.body,
    devices: { getUserMedia: (constraints: unknown) => getUserMedia(constraints) } as unknown as MediaDevices,
    now: () => now,
    newPeer: () => {
      const peer = new FakePeer();
      peers.push(peer);
      return peer as unknown as RTCPeerConnection;
    },
  };
  transport = new WebRTCTransport(options);
});

afterEach(() => {
  transport.leave();
  vi.unstubAllGlobals();
});

describe('preparing', () => {
  it('offers the microphone first, then one recvonly m-line a seat, with audio NACK', async () => {
    await transport.prepare(3);
    expect(peers[0]?.directions).toEqual(['sendonly', 'recvonly', 'recvonly', 'recvonly']);
    expect(peers[0]?.local).toContain('a=rtcp-fb:111 nack\r\n');
  });

  it('is done once, until five minutes have passed, the network changed or the seats differ', async () => {
    await transport.prepare(3);
    now = 299_999;
    await transport.prepare(3);
    expect(peers).toHaveLength(1);
    now = 300_000;
    await transport.prepare(3);
    await transport.prepare(3, true);
    await transport.prepare(4);
    expect(peers).toHaveLength(4);
    await Promise.resolve();
    expect(peers.map((peer) => peer.connectionState)).toEqual(['closed', 'closed', 'closed', 'new']);
  });
});

it('asks for the microphone before it makes its first connection, where that is needed', async () => {
  const order: string[] = [];
  getUserMedia = () => {
    order.push('microphone');
    return Promise.resolve({ getAudioTracks: () => [track] });
  };
  const newPeer = () => {
    order.push('connection');
    return options.newPeer();
  };
  const onMac = new WebRTCTransport({ ...options, newPeer, microphoneFirst: true });
  await onMac.prepare(2);
  expect(order).toEqual([]);
  await onMac.join(2, signalling);
  expect(order).toEqual(['microphone', 'connection']);
  onMac.leave();
});

describe('joining', () => {
  it('uses the prepared offer and takes the answer', async () => {
    await transport.prepare(2);
    const join = vi.spyOn(signalling, 'join');
    await transport.join(2, signalling);
    expect(peers).toHaveLength(1);
    expect(join).toHaveBeenCalledWith(peers[0]?.local);
    expect(peers[0]?.remote).toBe('v=0 answer');
  });

  it('holds candidates back until the host has answered', async () => {
    await transport.prepare(2);
    peers[0]?.onicecandidate?.({ candidate: { candidate: 'early', sdpMid: '0' } });
    expect(sent).toEqual([]);
    await transport.join(2, signalling);
    peers[0]?.onicecandidate?.({ candidate: { candidate: 'late', sdpMid: '0' } });
    expect(sent.map(({ candidate }) => candidate)).toEqual(['early', 'late']);
  });

  it('plays every seat through its own element in the document', async () => {
    await transport.join(2, signalling);
    const seats = [...document.querySelectorAll('audio')].map((element) => element.dataset['seat']);
    expect(seats).toEqual(['0', '1']);
    transport.leave();
    expect(document.querySelector('audio')).toBeNull();
  });

  it('asks for a click when the browser wants one before it plays', async () => {
    vi.mocked(HTMLMediaElement.prototype.play).mockRejectedValue(new DOMException('', 'NotAllowedError'));
    await transport.join(1, signalling);
    await vi.waitFor(() => expect(events.onBlocked).toHaveBeenLastCalledWith(true));
    vi.mocked(HTMLMediaElement.prototype.play).mockResolvedValue();
    transport.resume();
    await vi.waitFor(() => expect(events.onBlocked).toHaveBeenLastCalledWith(false));
  });

  it('does not come to life when it was left before the answer came', async () => {
    let answer: (sdp: string) => void = () => undefined;
    const slow = { ...signalling, join: () => new Promise<string>((resolve) => (answer = resolve)) };
    const joined = transport.join(1, slow);
    await vi.waitFor(() => expect(peers[0]?.local).not.toBe(''));
    transport.leave();
    answer('v=0');
    await expect(joined).rejects.toMatchObject({ code: 'left' });
    expect(document.querySelector('audio')).toBeNull();
  });
});

describe('the microphone', () => {
  it('is attached whether it comes before or after the answer', async () => {
    const joined = transport.join(1, signalling);
    await transport.openMicrophone();
    await joined;
    expect(peers[0]?.senders[0]?.track).toBe(track);
  });

  it('that comes late obeys a mute that came early', async () => {
    await transport.join(1, signalling);
    transport.setMuted(true);
    await transport.openMicrophone();
    expect(track.enabled).toBe(false);
    transport.setMuted(false);
    expect(track.enabled).toBe(true);
  });

  it('that comes after leaving is closed again', async () => {
    await transport.join(1, signalling);
    const opened = transport.openMicrophone();
    transport.leave();
    await expect(opened).rejects.toThrow();
    expect(track.stopped).toBe(true);
  });

  it.each([
    ['NotAllowedError', 'refused'],
    ['NotFoundError', 'missing'],
    ['NotReadableError', 'broken'],
  ])('%s is %s', async (name, trouble) => {
    getUserMedia = () => Promise.reject(new DOMException('', name));
    await transport.join(1, signalling);
    await expect(transport.openMicrophone()).rejects.toMatchObject({ trouble });
  });

  it('says when it is unplugged', async () => {
    await transport.join(1, signalling);
    await transport.openMicrophone();
    track.onended?.();
    expect(events.onMicrophoneLost).toHaveBeenCalledTimes(1);
    expect(peers[0]?.senders[0]?.track).toBeNull();
  });
});

it('lets a muted speaker end the word, then plays nothing of theirs until they unmute', async () => {
  vi.useFakeTimers();
  await transport.join(2, signalling);
  const enabled = () =>
    [...document.querySelectorAll('audio')].map(
      (element) => (element.srcObject as unknown as FakeStream).track.enabled,
    );
  transport.silence([true, false]);
  vi.advanceTimersByTime(99);
  transport.silence([true, false]);
  expect(enabled()).toEqual([true, true]);
  vi.advanceTimersByTime(1);
  expect(enabled()).toEqual([false, true]);
  transport.silence([false, true]);
  transport.silence([false, false]);
  vi.advanceTimersByTime(1000);
  expect(enabled()).toEqual([true, true]);
  vi.useRealTimers();
});

it('restarts ICE on the same connection, and sends only the new candidates', async () => {
  await transport.join(1, signalling);
  await transport.restart();
  expect(peers).toHaveLength(1);
  expect(peers[0]?.local).toContain('s=restart');
  expect(peers[0]?.remote).toBe('v=0 restarted');
});

describe('quality', () => {
  const voice = { bitrate: 32_000, music: false, lowDelay: false };
  const restarts = (refuse = false) => {
    const offers: string[] = [];
    const restart = (offer: string) => {
      offers.push(offer);
      return refuse && offers.length === 1 ? Promise.reject(new Error('lost')) : Promise.resolve('v=0 restarted');
    };
    return { offers, signalling: { ...signalling, restart } };
  };

  it('costs no exchange when it is known before the join', async () => {
    const { offers, signalling } = restarts();
    await transport.setQuality(voice);
    await transport.join(1, signalling);
    await transport.setQuality({ ...voice });
    expect(offers).toEqual([]);
  });

  it('is asked for in the stay, without an ICE restart, after an exchange that is on its way', async () => {
    const { offers, signalling } = restarts();
    await transport.setQuality(voice);
    await transport.join(1, signalling);
    await Promise.all([transport.restart(), transport.setQuality({ ...voice, bitrate: 64_000 })]);
    expect(offers.map((offer) => offer.includes('restart'))).toEqual([true, false]);
    expect(peers[0]?.remote).toBe('v=0 restarted');
  });

  it('that was refused is asked for again', async () => {
    const { offers, signalling } = restarts(true);
    await transport.setQuality(voice);
    await transport.join(1, signalling);
    const wish = { ...voice, lowDelay: true };
    await expect(transport.setQuality(wish)).rejects.toThrow('lost');
    await transport.setQuality(wish);
    await transport.setQuality(wish);
    expect(offers).toHaveLength(2);
  });

  it('opens the microphone without processing for music, still muted, and for a voice with it', async () => {
    const asked: unknown[] = [];
    const tracks: FakeTrack[] = [];
    getUserMedia = (constraints) => {
      asked.push((constraints as { audio: MediaTrackConstraints }).audio);
      const opened = new FakeTrack();
      tracks.push(opened);
      return Promise.resolve({ getAudioTracks: () => [opened] });
    };
    await transport.setQuality(voice);
    await transport.join(1, signalling);
    await transport.openMicrophone();
    transport.setMuted(true);
    await transport.setQuality({ ...voice, music: true });
    const raw = { echoCancellation: false, noiseSuppression: false, autoGainControl: false, channelCount: 2 };
    expect(asked).toEqual([
      expect.objectContaining({ echoCancellation: true, channelCount: 1 }),
      expect.objectContaining(raw),
    ]);
    expect(tracks.map(({ stopped, enabled }) => [stopped, enabled])).toEqual([
      [true, false],
      [false, false],
    ]);
    expect(peers[0]?.senders[0]?.track).toBe(tracks[1]);
  });

  it('says so when the microphone does not come back', async () => {
    await transport.setQuality(voice);
    await transport.join(1, signalling);
    await transport.openMicrophone();
    getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'));
    await transport.setQuality({ ...voice, music: true });
    expect(events.onMicrophoneLost).toHaveBeenCalledOnce();
    expect(peers[0]?.senders[0]?.track).toBeNull();
  });
});

it('measures what came in since the last time', async () => {
  expect(await transport.measure()).toBeUndefined();
  await transport.join(1, signalling);
  const seat = { type: 'inbound-rtp', kind: 'audio', packetsReceived: 100, packetsLost: 1 };
  if (peers[0]) peers[0].stats = new Map([['seat', { ...seat }]]);
  expect(await transport.measure()).toBeUndefined();
  if (peers[0]) peers[0].stats = new Map([['seat', { ...seat, packetsReceived: 190, packetsLost: 11 }]]);
  expect(await transport.measure()).toEqual({ received: 90, lost: 10, concealed: 0, bufferMillis: 0 });
});
