/**
 * How loud everybody is, for the eye. The app sends dBov at most ten times a second, and nothing while all are silent;
 * here that becomes a loudness of 0 to 1 that rises at once and falls gently, and a "speaking" that outlives the gaps
 * between words. Each tile watches its own person, so that a room of sixty redraws only who is speaking.
 */

/** dBov above which somebody speaks: room noise after the browser's noise suppression stays below -60. */
export const speakingAbove = -50;
/** dBov drawn as full loudness; a voice near the microphone peaks about here. */
const loudest = -15;
/** Milliseconds that speaking outlives the last loud report: longer than the gap between two words. */
const hold = 300;
/** Milliseconds between drawings. */
const tick = 66;
/** What is left of the loudness after one tick of silence. */
const fall = 0.7;

export interface Loudness {
  /** 0 silent to 1 loud. */
  level: number;
  speaking: boolean;
}

const silent: Loudness = { level: 0, speaking: false };

interface Voice {
  target: number;
  level: number;
  heardAt: number;
  speaking: boolean;
}

export class LevelMeter {
  private readonly voices = new Map<string, Voice>();
  private readonly watchers = new Map<string, Set<(loudness: Loudness) => void>>();
  private readonly tickers = new Set<(talkers: readonly string[]) => void>();
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(private readonly now: () => number) {}

  /** Calls fn with that person's loudness, now and whenever it changes, until the returned function is called. */
  watch(id: string, fn: (loudness: Loudness) => void): () => void {
    const fns = this.watchers.get(id) ?? new Set();
    this.watchers.set(id, fns.add(fn));
    fn(this.loudness(id));
    return () => {
      fns.delete(fn);
      if (fns.size === 0 && this.watchers.get(id) === fns) this.watchers.delete(id);
    };
  }

  /** Calls fn with everybody who is speaking, loudest first, at every drawing while anybody is. */
  watchTalkers(fn: (talkers: readonly string[]) => void): () => void {
    this.tickers.add(fn);
    return () => this.tickers.delete(fn);
  }

  loudness(id: string): Loudness {
    const voice = this.voices.get(id);
    return voice ? { level: voice.level, speaking: voice.speaking } : silent;
  }

  /** Takes one report of the app: dBov of everybody who is not silent. */
  report(levels: Readonly<Record<string, number>>): void {
    const now = this.now();
    for (const voice of this.voices.values()) voice.target = 0;
    for (const [id, dBov] of Object.entries(levels)) {
      if (dBov <= speakingAbove) continue;
      const voice = this.voices.get(id) ?? { target: 0, level: 0, heardAt: now, speaking: false };
      voice.target = loudnessOf(dBov);
      voice.heardAt = now;
      this.voices.set(id, voice);
    }
    if (this.voices.size === 0 || this.timer !== undefined) return;
    this.timer = setInterval(() => this.draw(), tick);
    this.draw();
  }

  /** Forgets everybody: the room was left. */
  clear(): void {
    for (const voice of this.voices.values()) voice.heardAt = -Infinity;
    this.draw();
  }

  private draw(): void {
    const now = this.now();
    for (const [id, voice] of this.voices) {
      const was = { level: voice.level, speaking: voice.speaking };
      voice.speaking = now - voice.heardAt <= hold;
      const target = voice.speaking ? voice.target : 0;
      voice.level = target >= voice.level ? target : Math.max(target, voice.level * fall);
      if (!voice.speaking && voice.level < 0.02) {
        voice.level = 0;
        this.voices.delete(id);
      }
      if (voice.level === was.level && voice.speaking === was.speaking) continue;
      const loudness = { level: voice.level, speaking: voice.speaking };
      this.watchers.get(id)?.forEach((fn) => fn(loudness));
    }
    const talkers = [...this.voices]
      .filter(([, voice]) => voice.speaking)
      .sort(([, a], [, b]) => b.level - a.level)
      .map(([id]) => id);
    this.tickers.forEach((fn) => fn(talkers));
    if (this.voices.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }
}

/** 0 at the threshold of speaking, 1 at the loudest, with the softer half stretched so that a quiet voice shows too. */
function loudnessOf(dBov: number): number {
  const linear = (dBov - speakingAbove) / (loudest - speakingAbove);
  return Math.sqrt(Math.min(1, Math.max(0, linear)));
}
