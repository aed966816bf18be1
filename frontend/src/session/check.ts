/**
 * The check of microphone and loudspeaker: how loud I am, a sound to hear, and my own voice as a room makes it, by the way that
 * every voice takes: two connections of this page in a room of its own (app/check.go), one that says it and one that hears it.
 */
import type { CheckReply, CheckRequest } from '../app/api';
import { delayOf, middle } from './delay';
import { Intake } from './intake';
import type { MicrophoneWish } from './microphone';
import { MicrophoneError, type MicrophoneTrouble } from './transport';
import { offerOf } from './webrtc';
import type { Meter, Workshop } from './workshop';

/** Milliseconds between two measurements of the delay, and how many of the last count. */
const measureEvery = 400;
const counted = 5;

export interface CheckView {
  readonly microphone: 'off' | 'asking' | 'open' | MicrophoneTrouble;
  /** Name of the device that is open. */
  readonly name: string;
  readonly hearing: 'off' | 'starting' | 'on' | 'failed';
  /** Milliseconds from microphone to ear; undefined until somebody has spoken. */
  readonly delay: number | undefined;
  readonly sounding: boolean;
}

/** In dB of full scale, -120 for nothing. */
export interface Level {
  /** Root mean square, as the room counts a voice's loudness. */
  loud: number;
  peak: number;
}

export function levelOf(samples: Float32Array): Level {
  let [sum, peak] = [0, 0];
  for (const sample of samples) {
    sum += sample * sample;
    peak = Math.max(peak, Math.abs(sample));
  }
  const decibels = (amplitude: number) => Math.max(-120, 20 * Math.log10(amplitude));
  return { loud: decibels(Math.sqrt(sum / samples.length)), peak: decibels(peak) };
}

export interface CheckOptions {
  app: { StartCheck(request: CheckRequest): Promise<CheckReply>; EndCheck(): Promise<void> };
  page: string;
  devices: MediaDevices | undefined;
  /** undefined where the voice takes another way: then nobody hears themselves. */
  workshop: Workshop | undefined;
  newPeer: (() => RTCPeerConnection) | undefined;
}

/** Both ends of hearing oneself. */
interface Round {
  speaking: RTCPeerConnection;
  hearing: RTCPeerConnection;
  ear: HTMLAudioElement;
  meter: Meter | undefined;
  timer: ReturnType<typeof setInterval> | undefined;
}

const off: CheckView = { microphone: 'off', name: '', hearing: 'off', delay: undefined, sounding: false };

export class MicrophoneCheck {
  private current = off;
  private readonly watchers = new Set<(view: CheckView) => void>();
  private intake: Intake | undefined;
  private round: Round | undefined;
  private attempt = 0;
  private speaker = '';
  private delays: number[] = [];

  constructor(private readonly options: CheckOptions) {}

  get view(): CheckView {
    return this.current;
  }

  /** Whether one can hear oneself here. */
  get canHear(): boolean {
    return this.options.newPeer !== undefined && this.options.workshop !== undefined;
  }

  subscribe(fn: (view: CheckView) => void): () => void {
    this.watchers.add(fn);
    return () => this.watchers.delete(fn);
  }

  /** Opens the microphone, or opens it anew as it is wished now; what is on its way to be heard goes on with it. */
  async open(wish: MicrophoneWish): Promise<void> {
    const attempt = ++this.attempt;
    this.set({ microphone: 'asking' });
    let intake: Intake;
    try {
      intake = await Intake.open(this.options.devices, wish, this.options.workshop);
      if (this.intake && attempt === this.attempt && !intake.isAs(wish)) {
        intake.stop();
        this.intake.stop();
        this.intake = undefined;
        intake = await Intake.open(this.options.devices, wish, this.options.workshop);
      }
    } catch (thrown) {
      if (attempt === this.attempt) {
        this.intake?.stop();
        this.intake = undefined;
        this.set({ microphone: thrown instanceof MicrophoneError ? thrown.trouble : 'broken', name: '' });
      }
      return;
    }
    if (attempt !== this.attempt) {
      intake.stop();
      return;
    }
    const before = this.intake;
    this.intake = intake;
    intake.onended = () => {
      this.intake = undefined;
      this.set({ microphone: 'missing', name: '' });
    };
    await this.round?.speaking.getSenders()[0]?.replaceTrack(intake.track);
    before?.stop();
    this.set({ microphone: 'open', name: intake.name });
  }

  /** How loud the microphone was in the last tenth of a second, dB of full scale; undefined while that is not known. */
  level(): Level | undefined {
    const samples = this.intake?.samples()?.subarray(-4800);
    return samples && levelOf(samples);
  }

  /** Plays by this loudspeaker, '' being the system's. */
  setSpeaker(id: string): void {
    this.speaker = id;
    if (this.round) void route(this.round.ear, id);
  }

  /** Three notes, out of the chosen loudspeaker. */
  async sound(): Promise<void> {
    if (this.current.sounding) return;
    this.set({ sounding: true });
    const context = new AudioContext();
    const out = new MediaStreamAudioDestinationNode(context);
    const ear = new Audio();
    ear.srcObject = out.stream;
    try {
      await context.resume();
      await route(ear, this.speaker);
      await ear.play();
      const begin = context.currentTime + 0.1;
      [523.25, 659.25, 783.99].forEach((frequency, i) => {
        const at = begin + i * 0.28;
        const volume = new GainNode(context, { gain: 0 });
        volume.gain.setValueAtTime(0, at);
        volume.gain.linearRampToValueAtTime(0.25, at + 0.02);
        volume.gain.exponentialRampToValueAtTime(0.001, at + 0.6);
        const tone = new OscillatorNode(context, { frequency });
        tone.connect(volume).connect(out);
        tone.start(at);
        tone.stop(at + 0.65);
      });
      await new Promise((resolve) => setTimeout(resolve, 1500));
    } finally {
      ear.srcObject = null;
      void context.close();
      this.set({ sounding: false });
    }
  }

  /** Lets me hear myself, until unhear or close. */
  async hear(): Promise<void> {
    const { newPeer, workshop, app, page } = this.options;
    const track = this.intake?.track;
    if (!newPeer || !workshop || !track || this.round) return;
    this.delays = [];
    this.set({ hearing: 'starting', delay: undefined });
    const round: Round = {
      speaking: newPeer(),
      hearing: newPeer(),
      ear: document.createElement('audio'),
      meter: undefined,
      timer: undefined,
    };
    this.round = round;
    try {
      round.ear.hidden = true;
      round.ear.dataset['check'] = '';
      document.body.append(round.ear);
      const sender = round.speaking.addTransceiver('audio', { direction: 'sendonly' }).sender;
      round.speaking.addTransceiver('audio', { direction: 'recvonly' });
      round.hearing.addTransceiver('audio', { direction: 'sendonly' });
      const back = round.hearing.addTransceiver('audio', { direction: 'recvonly' }).receiver.track;
      await sender.replaceTrack(track);
      const offers = { speaking: await offerOf(round.speaking), hearing: await offerOf(round.hearing) };
      const answers = await app.StartCheck({ page, ...offers });
      if (this.round !== round) return;
      await Promise.all([
        round.speaking.setRemoteDescription({ type: 'answer', sdp: answers.speaking }),
        round.hearing.setRemoteDescription({ type: 'answer', sdp: answers.hearing }),
      ]);
      await route(round.ear, this.speaker);
      round.ear.srcObject = new MediaStream([back]);
      await round.ear.play();
      if (this.round !== round) return;
      round.meter = workshop.measure(back);
      round.timer = setInterval(() => this.measure(round), measureEvery);
      this.set({ hearing: 'on' });
    } catch (thrown) {
      console.warn('hear myself', thrown);
      if (this.round !== round) return;
      this.end();
      this.set({ hearing: 'failed' });
    }
  }

  unhear(): void {
    this.end();
    this.set({ hearing: 'off', delay: undefined });
  }

  /** Ends everything: nobody listens any more. */
  close(): void {
    this.attempt++;
    this.end();
    this.intake?.stop();
    this.intake = undefined;
    this.set(off);
  }

  private end(): void {
    const round = this.round;
    if (!round) return;
    this.round = undefined;
    clearInterval(round.timer);
    round.meter?.stop();
    round.ear.srcObject = null;
    round.ear.remove();
    round.speaking.close();
    round.hearing.close();
    this.options.app.EndCheck().catch(() => undefined);
  }

  private measure(round: Round): void {
    const said = this.intake?.samples();
    const heard = round.meter?.samples();
    const delay = said && heard && delayOf(said, heard);
    if (delay === undefined) return;
    this.delays = [...this.delays, delay].slice(-counted);
    const shown = middle(this.delays);
    if (shown !== this.current.delay) this.set({ delay: shown });
  }

  private set(change: Partial<CheckView>): void {
    this.current = { ...this.current, ...change };
    this.watchers.forEach((fn) => fn(this.current));
  }
}

/** Plays by a loudspeaker; one that is gone, or a browser that cannot, leaves it where it was. */
async function route(element: HTMLAudioElement, id: string): Promise<void> {
  if ('setSinkId' in element && element.sinkId !== id) await element.setSinkId(id).catch(() => undefined);
}
