/** Notices a microphone that gives nothing: muted by a switch of its own, by the system, or dead. */

/** Milliseconds of nothing after which it is said: with the looks in between and the second in which a meter fills, under 5 s. */
const after = 2500;
/**
 * The largest sample of nothing, -100 dBFS: below one step of 16 bits. The quietest real microphone rustles above that, and most
 * dead ones give zeros.
 */
const nothing = 1e-5;
/** Warnings that sound has ended, after which each doubles the patience: some headsets give zeros between words. */
const mistakes = 2;
const mostPatience = 60_000;

export class Vigil {
  private quietSince: number | undefined;
  private warned = false;
  private ended = 0;

  /**
   * Takes the largest sample since the last look, at least every second, and returns whether to say that nothing comes. undefined:
   * nobody can know, or it is muted here.
   */
  look(peak: number | undefined, now: number): boolean {
    if (peak === undefined) this.quietSince = undefined;
    else if (peak > nothing) {
      if (this.warned) this.ended++;
      this.quietSince = undefined;
    } else this.quietSince ??= now;
    this.warned = this.quietSince !== undefined && now - this.quietSince >= this.patience();
    return this.warned;
  }

  /** Another microphone: what was learnt is of the old one. */
  restart(): void {
    this.quietSince = undefined;
    this.warned = false;
    this.ended = 0;
  }

  private patience(): number {
    return Math.min(mostPatience, after * 2 ** Math.max(0, this.ended - mistakes + 1));
  }
}
