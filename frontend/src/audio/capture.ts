import { block, parts, type EchoCanceller, type NoiseSuppressor } from './care';
import { Gain } from './gain';
import type { Care, Encoding, Spoken } from './messages';

/** Blocks of silence that are sent after a mute: 100 ms, so that receivers fade out instead of guessing on. */
const fadeOut = 10;
/** Blocks that the level of a muted microphone is taken of: 100 ms. */
const overheardEvery = 10;
/** RFC 6464: as far below full scale as can be said. */
const lowest = 127;

/** The way of the microphone: from the audio thread's 128 samples by blocks of 10 ms, which are cleaned, to packets. */
export class Capture {
  muted = false;
  private encoding: Encoding = { bitrate: 0, channels: 1, packet: 960 };
  private care: Care = { echo: false, noise: false, gain: false };
  private echo: EchoCanceller | undefined;
  private noise: NoiseSuppressor | undefined;
  private gain = new Gain();
  /** What is collected until it is a block: the microphone by channel, and what was played meanwhile. */
  private readonly left = new Float32Array(block);
  private readonly right = new Float32Array(block);
  private readonly played = new Float32Array(block);
  private filled = 0;
  /** The packet that is being filled, how far, and when it began. */
  private packet: Float32Array[] = [];
  private length = 0;
  private began = 0;
  /** Samples since the beginning: the microphone's clock. */
  private clock = 0;
  /** Blocks since the microphone was muted. */
  private silence = 0;
  private first = true;
  /** Of the blocks of a muted microphone: the power, and how many. */
  private power = 0;
  private blocks = 0;

  constructor(
    private readonly out: (spoken: Spoken) => void,
    /** Takes the level of a muted microphone, in dBFS. */
    private readonly overheard: (level: number) => void = () => undefined,
  ) {}

  set(encoding: Encoding, care: Care): void {
    this.encoding = encoding;
    this.care = care;
    this.length = 0;
    this.packet = Array.from({ length: encoding.channels }, () => new Float32Array(encoding.packet));
    this.equip();
  }

  /** Takes into use what has been loaded meanwhile and is wanted. */
  equip(): void {
    const { echo, noise } = this.care;
    if (!echo) this.echo = undefined;
    else if (!this.echo)
      void parts.earshotEcho?.then((make) => (this.echo = this.care.echo ? (this.echo ?? make()) : undefined));
    if (!noise) this.noise = undefined;
    else if (!this.noise)
      void parts.earshotNoise?.then((make) => (this.noise = this.care.noise ? (this.noise ?? make()) : undefined));
  }

  /** Takes the microphone's channels, none when there is no microphone, and what was played meanwhile. */
  take(channels: readonly Float32Array[], playedLeft: Float32Array, playedRight: Float32Array): void {
    const [left, right = left] = channels;
    if (!left || !right) {
      this.clock += playedLeft.length;
      this.first = true;
      return;
    }
    const mono = this.encoding.channels === 1;
    for (let i = 0; i < left.length; i++) {
      const a = left[i] ?? 0;
      const b = right[i] ?? 0;
      this.left[this.filled] = mono ? (a + b) / 2 : a;
      this.right[this.filled] = b;
      this.played[this.filled] = ((playedLeft[i] ?? 0) + (playedRight[i] ?? 0)) / 2;
      if (++this.filled < block) continue;
      this.filled = 0;
      this.block();
      this.clock += block;
    }
  }

  private block(): void {
    const { channels, packet } = this.encoding;
    this.clean(channels === 1);
    if (this.muted) {
      this.listen();
      this.left.fill(0);
      this.right.fill(0);
      if (++this.silence > fadeOut && this.length === 0) {
        this.first = true;
        return;
      }
    } else this.silence = 0;
    if (this.length === 0) this.began = this.clock;
    this.packet[0]?.set(this.left, this.length);
    this.packet[1]?.set(this.right, this.length);
    this.length += block;
    if (this.length < packet) return;
    this.out({
      timestamp: this.began,
      level: levelOf(this.packet[0] ?? this.left),
      first: this.first,
      channels: this.packet,
    });
    this.first = false;
    this.length = 0;
  }

  /** Says how loud the microphone is although nothing of it is sent. */
  private listen(): void {
    for (const sample of this.left) this.power += sample * sample;
    if (++this.blocks < overheardEvery) return;
    this.overheard(10 * Math.log10(Math.max(1e-12, this.power / (overheardEvery * block))));
    this.power = this.blocks = 0;
  }

  /** Also while muted: the echo canceller goes on learning the room. */
  private clean(mono: boolean): void {
    if (!mono) return;
    this.echo?.clean(this.left, this.played);
    if (this.muted) return;
    const voice = this.noise?.clean(this.left) ?? 1;
    if (this.care.gain) this.gain.apply(this.left, voice);
  }
}

/** How far below full scale the samples are, in dB, as RFC 6464 counts it. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum === 0 ? lowest : Math.min(lowest, Math.max(0, -10 * Math.log10(sum / samples.length)));
}
