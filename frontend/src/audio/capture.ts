import { block, parts, type EchoCanceller, type NoiseSuppressor } from './care';
import { Gain } from './gain';
import type { Care, Encoding, Loudness, Spoken } from './messages';

/** Blocks of silence that are sent after a mute: 100 ms, so that receivers fade out instead of guessing on. */
const fadeOut = 10;
/** Blocks that a loudness is taken of: 100 ms. */
const loudnessEvery = 10;
/** What "standard" leaves of the noise: -15 dB, as much as browsers take out of it, and a voice sounds as it is. */
const remains = 10 ** (-15 / 20);
/** Blocks of a first voice that wait for echo canceller and noise suppressor: two seconds. Then it goes as it is. */
const patience = 200;
/** RFC 6464: as far below full scale as can be said. */
const lowest = 127;

/** The way of the microphone: from the audio thread's 128 samples by blocks of 10 ms, which are cleaned, to packets. */
export class Capture {
  muted = false;
  /** Nobody hears it, so that nothing needs to be taken out of it. */
  resting = false;
  private encoding: Encoding = { bitrate: 0, channels: 1, packet: 960 };
  private care: Care = { echo: false, noise: 'off', gain: false };
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
  /** Blocks that did not wait long enough yet. */
  private patient = patience;
  /** The block before this one as it was: RNNoise gives back a block later than it takes. */
  private readonly before = new Float32Array(block);
  private readonly now = new Float32Array(block);
  /** Of the blocks since the last loudness. */
  private power = 0;
  private peak = 0;
  private blocks = 0;

  constructor(
    private readonly out: (spoken: Spoken) => void,
    private readonly loudness: (loudness: Loudness) => void = () => undefined,
  ) {}

  /** Blocks of a packet that is not whole yet. */
  get begun(): number {
    return this.length / block;
  }

  set(encoding: Encoding, care: Care): void {
    this.care = care;
    this.equip();
    const { channels, packet } = this.encoding;
    if (this.packet.length > 0 && channels === encoding.channels && packet === encoding.packet) return;
    this.encoding = encoding;
    this.length = 0;
    this.packet = Array.from({ length: encoding.channels }, () => new Float32Array(encoding.packet));
  }

  /** Takes into use what has been loaded meanwhile and is wanted. */
  equip(): void {
    const { echo, noise } = this.care;
    if (!echo) this.echo = undefined;
    else if (!this.echo)
      void parts.earshotEcho?.then((make) => (this.echo = this.care.echo ? (this.echo ?? make()) : undefined));
    if (noise === 'off') this.noise = undefined;
    else if (!this.noise)
      void parts.earshotNoise?.then(
        (make) => (this.noise = this.care.noise === 'off' ? undefined : (this.noise ?? make())),
      );
  }

  /** Goes on after blocks that nobody had time for: what is said is of its time, and what was not whole is gone. */
  leaveOut(blocks: number): void {
    this.clock += blocks * block;
    this.filled = this.length = 0;
    this.first = true;
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
    for (const sample of this.left) this.peak = Math.max(this.peak, Math.abs(sample));
    this.clean(channels === 1);
    this.measure();
    if (this.waits()) return;
    if (this.muted) {
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

  /**
   * Whether what cleans a first voice is still to come. Loading it keeps this thread for most of a second, and what is said meanwhile would
   * be late, which a receiver (NetEQ) remembers for a minute; and its echo would be heard.
   */
  private waits(): boolean {
    const { echo, noise } = this.care;
    const there = this.encoding.channels > 1 || ((!echo || this.echo) && (noise === 'off' || this.noise));
    this.patient = there ? 0 : Math.max(0, this.patient - 1);
    return this.patient > 0;
  }

  private measure(): void {
    for (const sample of this.left) this.power += sample * sample;
    if (++this.blocks < loudnessEvery) return;
    const level = 10 * Math.log10(Math.max(1e-12, this.power / (loudnessEvery * block)));
    this.loudness({ peak: this.peak, level });
    this.power = this.peak = this.blocks = 0;
  }

  /** Also while muted: the echo canceller goes on learning the room. */
  private clean(mono: boolean): void {
    if (!mono || this.resting) return;
    this.echo?.clean(this.left, this.played);
    if (this.muted) return;
    const voice = this.noise ? this.quieten(this.noise) : 1;
    if (this.care.gain) this.gain.apply(this.left, voice);
  }

  /** Takes out noise: all that can be for "strong". Returns how likely it is that somebody speaks. */
  private quieten(noise: NoiseSuppressor): number {
    this.now.set(this.left);
    const voice = noise.clean(this.left);
    if (this.care.noise === 'standard')
      for (let i = 0; i < block; i++)
        this.left[i] = (this.left[i] ?? 0) * (1 - remains) + (this.before[i] ?? 0) * remains;
    this.before.set(this.now);
    return voice;
  }
}

/** How far below full scale the samples are, in dB, as RFC 6464 counts it. */
export function levelOf(samples: Float32Array): number {
  let sum = 0;
  for (const sample of samples) sum += sample * sample;
  return sum === 0 ? lowest : Math.min(lowest, Math.max(0, -10 * Math.log10(sum / samples.length)));
}
