/**
 * Where a microphone is checked: it is opened beside any room, and what it says comes back by the way that every voice takes, in a room of
 * its own on this computer (app/check.go) that one connection speaks into and another hears.
 */
import type { AppApi } from '../app/api';
import type { Samples } from '../audio/messages';
import { Intake } from './intake';
import { levelOf, type Level } from './level';
import type { MicrophoneWish } from './microphone';
import { offerOf } from './webrtc';
import type { Meter, Workshop } from './workshop';

/** This page carries no voice on this computer: its audio threads do not start. */
export class VoicelessError extends Error {
  override name = 'VoicelessError';
}

export interface Booth {
  /** Told when an open microphone is gone. */
  onLost: () => void;
  /** Opens the microphone, or opens it anew. Rejects with a MicrophoneError or a VoicelessError. */
  open(wish: MicrophoneWish): Promise<void>;
  /** Of the last tenth of a second; undefined while that is not known. */
  level(): Level | undefined;
  /** Plays by this loudspeaker, '' being the system's. */
  setSpeaker(id: string): void;
  /** Three notes; resolves when they have sounded. */
  sound(): Promise<void>;
  /** Plays what an open microphone says, once it resolves. */
  hear(): Promise<void>;
  /** While it is heard, both ends. */
  samples(): Promise<Samples | undefined>;
  unhear(): void;
  /** Ends everything; open begins again. */
  close(): void;
}

export interface BoothOptions {
  app: Pick<AppApi, 'StartCheck' | 'EndCheck'>;
  page: string;
}

/** Frequencies in Hz of three notes, c, e and g, and seconds from one to the next and that one lasts. */
export const notes = [523.25, 659.25, 783.99];
export const noteEvery = 0.28;
export const noteFor = 0.65;

interface PeerBoothOptions extends BoothOptions {
  devices: MediaDevices | undefined;
  workshop: Workshop;
  newPeer: () => RTCPeerConnection;
}

/** Both ends of hearing oneself. */
interface Round {
  speaking: RTCPeerConnection;
  hearing: RTCPeerConnection;
  ear: HTMLAudioElement;
  meter: Meter | undefined;
}

/** With RTCPeerConnections. */
export class PeerBooth implements Booth {
  onLost: () => void = () => undefined;
  private intake: Intake | undefined;
  private round: Round | undefined;
  private attempt = 0;
  private speaker = '';

  constructor(private readonly options: PeerBoothOptions) {}

  async open(wish: MicrophoneWish): Promise<void> {
    const attempt = ++this.attempt;
    const { devices, workshop } = this.options;
    let intake: Intake;
    try {
      intake = await Intake.open(devices, wish, workshop);
      if (this.intake && attempt === this.attempt && !intake.isAs(wish)) {
        intake.stop();
        this.intake.stop();
        this.intake = undefined;
        intake = await Intake.open(devices, wish, workshop);
      }
    } catch (thrown) {
      if (attempt === this.attempt) {
        this.intake?.stop();
        this.intake = undefined;
      }
      throw thrown;
    }
    if (attempt !== this.attempt) {
      intake.stop();
      return;
    }
    const before = this.intake;
    this.intake = intake;
    intake.onended = () => {
      this.intake = undefined;
      this.onLost();
    };
    await this.round?.speaking.getSenders()[0]?.replaceTrack(intake.track);
    before?.stop();
  }

  level(): Level | undefined {
    const samples = this.intake?.samples()?.subarray(-4800);
    return samples && levelOf(samples);
  }

  setSpeaker(id: string): void {
    this.speaker = id;
    if (this.round) void route(this.round.ear, id);
  }

  async sound(): Promise<void> {
    const context = new AudioContext();
    const out = new MediaStreamAudioDestinationNode(context);
    const ear = new Audio();
    ear.srcObject = out.stream;
    try {
      await context.resume();
      await route(ear, this.speaker);
      await ear.play();
      const begin = context.currentTime + 0.1;
      notes.forEach((frequency, i) => {
        const at = begin + i * noteEvery;
        const volume = new GainNode(context, { gain: 0 });
        volume.gain.setValueAtTime(0, at);
        volume.gain.linearRampToValueAtTime(0.25, at + 0.02);
        volume.gain.exponentialRampToValueAtTime(0.001, at + 0.6);
        const tone = new OscillatorNode(context, { frequency });
        tone.connect(volume).connect(out);
        tone.start(at);
        tone.stop(at + noteFor);
      });
      await new Promise((resolve) => setTimeout(resolve, 1500));
    } finally {
      ear.srcObject = null;
      void context.close();
    }
  }

  async hear(): Promise<void> {
    const { newPeer, workshop, app, page } = this.options;
    const track = this.intake?.track;
    if (!track || this.round) return;
    const round: Round = {
      speaking: newPeer(),
      hearing: newPeer(),
      ear: document.createElement('audio'),
      meter: undefined,
    };
    this.round = round;
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
    if (this.round === round) round.meter = workshop.measure(back);
  }

  samples(): Promise<Samples | undefined> {
    // In one go, so that both are of the same time.
    const said = this.intake?.samples();
    const heard = this.round?.meter?.samples();
    return Promise.resolve(said && heard && { said, heard });
  }

  unhear(): void {
    const { round } = this;
    if (!round) return;
    this.round = undefined;
    round.meter?.stop();
    round.ear.srcObject = null;
    round.ear.remove();
    round.speaking.close();
    round.hearing.close();
    this.options.app.EndCheck().catch(() => undefined);
  }

  close(): void {
    this.attempt++;
    this.unhear();
    this.intake?.stop();
    this.intake = undefined;
  }
}

/** Plays by a loudspeaker; one that is gone, or a browser that cannot, leaves it where it was. */
async function route(element: HTMLAudioElement, id: string): Promise<void> {
  if ('setSinkId' in element && element.sinkId !== id) await element.setSinkId(id).catch(() => undefined);
}
