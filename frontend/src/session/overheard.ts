/**
 * Notices that somebody talks who is muted, from the level of the microphone alone, which stays on this computer. It hints
 * seldom: who talks to somebody beside them on purpose is not to be nagged.
 */

/** Milliseconds that one level stands for. */
export const levelEvery = 100;
/** dBFS below which nobody speaks into a microphone, and dB by which speech rises out of the noise of the room. */
const least = -50;
const above = 12;
/** dB a second that the noise floor may rise: a fan that is switched on is noise after a few seconds. */
const rise = 3;
/** Of the last second, the share that has to be loud: a cough is shorter, a word or two is not. */
const remembered = 10;
const loudOnes = 5;
/** Milliseconds between hints, growing as long as the same mute lasts. */
const pauses = [0, 30_000, 120_000, 600_000];

export class Overheard {
  private floor: number | undefined;
  private readonly recent: boolean[] = [];
  private hints = 0;
  private lastHint = -Infinity;

  /** Takes the level of the last levelEvery in dBFS, and returns whether to hint now. */
  hear(level: number, now: number): boolean {
    const floor = this.floor === undefined ? level : Math.min(level, this.floor + (rise * levelEvery) / 1000);
    this.floor = floor;
    this.recent.push(level > Math.max(least, floor + above));
    if (this.recent.length > remembered) this.recent.shift();
    if (this.recent.filter(Boolean).length < loudOnes) return false;
    if (now - this.lastHint < (pauses[Math.min(this.hints, pauses.length - 1)] ?? 0)) return false;
    this.hints++;
    this.lastHint = now;
    return true;
  }

  /** A new mute: it may be hinted at soon again. The noise of the room is still the same. */
  begin(): void {
    this.hints = 0;
    this.lastHint = -Infinity;
    this.recent.length = 0;
  }
}
