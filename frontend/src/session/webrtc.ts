/**
 * Voice over one RTCPeerConnection: Windows, macOS and every browser.
 *
 * m-line 0 sends the microphone, m-lines 1..K receive the room's seats. There is one offer and one answer for a stay;
 * people coming, going, speaking and muting never renegotiate. The only later offers are of the same m-lines: ICE restarts,
 * and those that ask what to send now (another quality, or each frame twice).
 */
import { Problem, type Candidate, type Quality, type Report } from '../app/api';
import { Intake } from './intake';
import { openMicrophone, type MicrophoneWish } from './microphone';
import { Playback } from './playback';
import { inboundOf, reportBetween, type Inbound } from './reception';
import { takesLatestWay } from './route';
import { withAudioNack, withStereo, withLatestFirst } from './sdp';
import {
  MicrophoneError,
  usualSound,
  type Heard,
  type MediaState,
  type Signalling,
  type SoundWish,
  type TransportEvents,
  type VoiceTransport,
} from './transport';
import type { Workshop } from './workshop';

/** How long an offer is good for: after a network change or a sleep its candidates describe a machine that was. */
const freshFor = 5 * 60_000;

export interface WebRTCOptions {
  events: TransportEvents;
  /** Where the <audio> elements go. */
  parent: HTMLElement;
  devices: MediaDevices | undefined;
  /** Measures and cleans the microphone. undefined: neither is done. */
  workshop?: Workshop | undefined;
  newPeer: () => RTCPeerConnection;
  /** Makes a connection where those of newPeer find no candidate, as Chromium's do in a frame on a LAN of IPv6 alone. */
  newPeerInstead?: (() => RTCPeerConnection) | undefined;
  /** WKWebView gives a connection made before the microphone was asked for no local candidates: there, it is asked first. */
  microphoneFirst?: boolean;
  /** Milliseconds; only differences count. */
  now: () => number;
}

/** Milliseconds within which a connection finds its first candidate; tens are usual. */
const findsWithin = 700;

/** Milliseconds in which a disabled track is silent for sure: some packets of the encoder's 10 ms. */
const fade = 40;

/** A connection with its offer made and its candidates being gathered, waiting for an answer. */
interface Peer {
  pc: RTCPeerConnection;
  microphone: RTCRtpTransceiver;
  seats: RTCRtpTransceiver[];
  offer: string;
  /** How many offers asked for another way. */
  restarts: number;
  madeAt: number;
  /** Candidates found before the host can take them; undefined once they go straight through. */
  queue: Candidate[] | undefined;
  send: (candidate: Candidate) => void;
}

/** One stay in one room, from the click to leave. */
interface Stay {
  signalling: Signalling;
  peer: Peer | undefined;
  /** Settles with the latest exchange of offer and answer: a connection has one at a time. */
  exchange: Promise<unknown>;
  /** The statistics of the last measurement. */
  counted: ReadonlyMap<string, Inbound> | undefined;
}

export class WebRTCTransport implements VoiceTransport {
  private readonly playback: Playback;
  private prepared: Promise<Peer> | undefined;
  private stay: Stay | undefined;
  private intake: Intake | undefined;
  /** Settles when the microphone has been asked for once, whatever the answer. */
  private asked: Promise<void> | undefined;
  private muted = false;
  private overheard: ((level: number) => void) | undefined;
  private stopEar: (() => void) | undefined;
  private quality: Quality = { bitrate: 0, music: false, lowDelay: false };
  private sound = usualSound;

  constructor(private readonly options: WebRTCOptions) {
    this.playback = new Playback(options.parent, (blocked) => options.events.onBlocked(blocked));
  }

  async prepare(seats: number, anew = false): Promise<void> {
    if (this.options.microphoneFirst && !this.asked) return;
    if (anew) this.discardPrepared();
    await this.peerFor(seats);
  }

  async join(seats: number, signalling: Signalling): Promise<void> {
    this.hangUp();
    const stay: Stay = { signalling, peer: undefined, exchange: Promise.resolve(), counted: undefined };
    this.stay = stay;
    const entered = this.enter(stay, seats);
    stay.exchange = entered.catch(() => undefined);
    await entered;
  }

  private async enter(stay: Stay, seats: number): Promise<void> {
    const { signalling } = stay;
    try {
      const peer = await this.peerFor(seats);
      this.mustStay(stay);
      this.prepared = undefined;
      stay.peer = peer;
      // The offer first: the ears get ready while it travels.
      const answered = signalling.join(peer.offer);
      this.playback.play(peer.seats.map((seat) => seat.receiver.track));
      this.report(peer);
      const answer = await answered;
      this.mustStay(stay);
      await take(peer, answer);
      sendCandidates(peer, signalling);
      await this.attachMicrophone();
    } catch (thrown) {
      if (this.stay === stay) this.leave();
      throw thrown;
    }
  }

  restart(): Promise<void> {
    return this.exchange({ iceRestart: true });
  }

  async followed(): Promise<boolean> {
    const pc = this.stay?.peer?.pc;
    return !pc || takesLatestWay(await pc.getStats(), pc.localDescription?.sdp ?? '');
  }

  renegotiate(): Promise<void> {
    return this.exchange();
  }

  /** Makes another offer, after those that are on their way, and takes the answer. */
  private exchange(options?: RTCOfferOptions): Promise<void> {
    const stay = this.stay;
    if (!stay?.peer) return Promise.resolve();
    const { peer, signalling } = stay;
    const done = stay.exchange.then(async () => {
      this.mustStay(stay);
      peer.queue ??= [];
      if (options?.iceRestart) peer.restarts++;
      const offer = await offerOf(peer.pc, options);
      const answer = await signalling.restart(offer);
      this.mustStay(stay);
      await take(peer, answer);
      sendCandidates(peer, signalling);
    });
    stay.exchange = done.catch(() => undefined);
    return done;
  }

  async setQuality(quality: Quality): Promise<void> {
    const before = this.quality;
    if (same(before, quality)) return;
    this.quality = quality;
    if (!this.stay?.peer) return;
    try {
      await Promise.all([before.music === quality.music ? undefined : this.reopenMicrophone(), this.renegotiate()]);
    } catch (thrown) {
      if (this.quality === quality) this.quality = before;
      throw thrown;
    }
  }

  async setSound(sound: SoundWish): Promise<void> {
    const before = this.sound;
    this.sound = sound;
    await this.playback.setSpeaker(sound.speaker);
    if (this.stay?.peer && !sameMicrophone(before, sound)) await this.reopenMicrophone();
  }

  /** Opens an open microphone as it is wanted now. */
  private async reopenMicrophone(): Promise<void> {
    if (!this.intake) return;
    try {
      await this.openMicrophone();
    } catch {
      this.dropMicrophone();
      await this.attachMicrophone();
      this.options.events.onMicrophoneLost();
    }
  }

  async measure(): Promise<Report | undefined> {
    const stay = this.stay;
    if (!stay?.peer) return undefined;
    const counted = inboundOf(await stay.peer.pc.getStats());
    const before = stay.counted;
    stay.counted = counted;
    return before && reportBetween(before, counted);
  }

  async openMicrophone(): Promise<void> {
    const stay = this.stay;
    const { devices, workshop } = this.options;
    const wish: MicrophoneWish = { ...this.sound, music: this.quality.music };
    let intake = await Intake.open(devices, wish, workshop);
    if (this.intake && !intake.isAs(wish)) {
      // The old one goes first: this browser keeps its processing.
      intake.stop();
      this.dropMicrophone();
      intake = await Intake.open(devices, wish, workshop);
    }
    if (!stay || this.stay !== stay) {
      intake.stop();
      throw new MicrophoneError('broken', 'left while the microphone was being opened');
    }
    const before = this.intake;
    this.intake = intake;
    this.overhear(this.overheard);
    intake.onended = () => {
      this.dropMicrophone();
      void this.attachMicrophone();
      this.options.events.onMicrophoneLost();
    };
    await this.attachMicrophone();
    before?.stop();
    this.playback.resume(); // without a click, browsers let a page be heard while it records: one that was loaded anew
  }

  setMuted(muted: boolean): void {
    this.muted = muted;
    if (this.intake) this.intake.track.enabled = !muted;
  }

  heard(): Heard | undefined {
    return this.intake && { name: this.intake.name, peak: this.intake.peak(), silenced: this.intake.silenced };
  }

  setAlone(): void {
    // A browser cleans a voice as long as its microphone is open.
  }

  overhear(fn: ((level: number) => void) | undefined): void {
    this.overheard = fn;
    this.stopEar?.();
    this.stopEar = fn && this.intake ? this.intake.listen(fn) : undefined;
  }

  setDeaf(deaf: boolean): void {
    this.playback.setDeaf(deaf);
  }

  setVolumes(seats: readonly number[]): void {
    this.playback.setVolumes(seats);
  }

  silence(seats: readonly boolean[], atOnce?: readonly boolean[]): void {
    this.playback.silence(seats, atOnce);
  }

  resume(): void {
    this.playback.resume();
  }

  leave(): void {
    this.dropMicrophone();
    if (this.hangUp()) this.options.events.onState('closed');
  }

  /** Ends the connection, if there is one, and keeps an open microphone for the next. */
  private hangUp(): boolean {
    const stay = this.stay;
    this.stay = undefined;
    this.playback.stop();
    stay?.peer?.pc.close();
    return stay !== undefined;
  }

  /**
   * Puts the open microphone, or none, on the wire. Whichever of it and the connection comes later attaches it. The one before fades
   * out and it fades in, as browsers do when a track is disabled and enabled: a change is no click.
   */
  private async attachMicrophone(): Promise<void> {
    const sender = this.stay?.peer?.microphone.sender;
    const track = this.intake?.track ?? null;
    if (track) track.enabled = !this.muted;
    if (!sender || sender.track === track) return;
    if (sender.track?.enabled && track) {
      track.enabled = false;
      sender.track.enabled = false;
      await new Promise((resolve) => setTimeout(resolve, fade));
    }
    await sender.replaceTrack(track);
    if (track && this.intake?.track === track) track.enabled = !this.muted;
  }

  private dropMicrophone(): void {
    this.stopEar?.();
    this.stopEar = undefined;
    this.intake?.stop();
    this.intake = undefined;
  }

  private mustStay(stay: Stay): void {
    if (this.stay !== stay) throw new Problem('left', 'left while the answer was on its way');
  }

  private discardPrepared(): void {
    const prepared = this.prepared;
    this.prepared = undefined;
    // One that could not be made has nothing to close.
    prepared?.then(({ pc }) => pc.close()).catch(() => undefined);
  }

  private async peerFor(seats: number): Promise<Peer> {
    const prepared = this.prepared;
    if (prepared) {
      const peer = await prepared.catch(() => undefined);
      if (peer && peer.seats.length === seats && this.options.now() - peer.madeAt < freshFor) return peer;
      if (this.prepared === prepared) this.discardPrepared();
    }
    this.prepared ??= this.makePeer(seats);
    return this.prepared;
  }

  private async makePeer(seats: number): Promise<Peer> {
    if (this.options.microphoneFirst) await (this.asked ??= this.ask());
    const { newPeer, newPeerInstead } = this.options;
    const peer = await this.offerFrom(newPeer(), seats);
    if (!newPeerInstead || (await findsCandidate(peer.pc))) return peer;
    peer.pc.close();
    return this.offerFrom(newPeerInstead(), seats);
  }

  private async offerFrom(pc: RTCPeerConnection, seats: number): Promise<Peer> {
    const microphone = pc.addTransceiver('audio', { direction: 'sendonly' });
    const peer: Peer = {
      pc,
      microphone,
      seats: Array.from({ length: seats }, () => pc.addTransceiver('audio', { direction: 'recvonly' })),
      offer: '',
      restarts: 0,
      madeAt: this.options.now(),
      queue: [],
      send: () => undefined,
    };
    pc.onicecandidate = ({ candidate }) => {
      if (!candidate || candidate.candidate === '') return;
      const found = { candidate: candidate.candidate, mid: candidate.sdpMid ?? '' };
      if (peer.queue) peer.queue.push(found);
      else peer.send(found);
    };
    pc.onconnectionstatechange = () => this.report(peer);
    peer.offer = await offerOf(pc);
    return peer;
  }

  private ask(): Promise<void> {
    return openMicrophone(this.options.devices, { ...usualSound, music: false }).then(
      (track) => track.stop(),
      () => undefined,
    );
  }

  private report(peer: Peer): void {
    if (this.stay?.peer === peer) this.options.events.onState(mediaState(peer.pc.connectionState));
  }
}

function findsCandidate(pc: RTCPeerConnection): Promise<boolean> {
  return new Promise((resolve) => {
    const tooLate = setTimeout(() => resolve(false), findsWithin);
    pc.addEventListener('icecandidate', () => {
      clearTimeout(tooLate);
      resolve(true);
    });
  });
}

function take(peer: Peer, answer: string): Promise<void> {
  return peer.pc.setRemoteDescription({ type: 'answer', sdp: withLatestFirst(answer, peer.restarts) });
}

/** Lets the candidates found so far, and all later ones, go to the host. */
function sendCandidates(peer: Peer, signalling: Signalling): void {
  peer.send = (candidate) => {
    // A lost candidate costs nothing: the host learns the page's address from its first packet anyway.
    signalling.candidate(candidate).catch(() => undefined);
  };
  const found = peer.queue ?? [];
  peer.queue = undefined;
  found.forEach(peer.send);
}

function same(a: Quality, b: Quality): boolean {
  return a.bitrate === b.bitrate && a.music === b.music && a.lowDelay === b.lowDelay;
}

function sameMicrophone(a: SoundWish, b: SoundWish): boolean {
  return a.echo === b.echo && a.noise === b.noise && a.gain === b.gain && a.microphone === b.microphone;
}

/** Makes an offer, asks for audio NACK and stereo in it, and starts gathering. Returns it without waiting for candidates. */
export async function offerOf(pc: RTCPeerConnection, options?: RTCOfferOptions): Promise<string> {
  const offer = await pc.createOffer(options);
  const sdp = withStereo(withAudioNack(offer.sdp ?? ''));
  await pc.setLocalDescription({ type: 'offer', sdp });
  return sdp;
}

function mediaState(state: RTCPeerConnectionState): MediaState {
  switch (state) {
    case 'new':
    case 'connecting':
      return 'connecting';
    case 'connected':
      return 'connected';
    case 'disconnected':
      return 'interrupted';
    case 'failed':
      return 'failed';
    case 'closed':
      return 'closed';
  }
}
