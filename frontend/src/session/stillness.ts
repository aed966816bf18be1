/** Milliseconds between looks at a context's clock; a hidden window's timers come as often. */
const lookEvery = 1000;
/** Looks at which it may have stood still: a machine that does too much is no broken one. */
const patience = 3;

/**
 * Watches the clock of an AudioContext, which goes on as long as sound is taken from it. When the sound server is gone it
 * stands still in WebKitGTK: the context says that it runs, and no event comes. Looks are counted and not milliseconds, so
 * that a machine that slept has not stood still.
 */
export class Stillness {
  /** Whether it stands still. */
  still = false;
  private timer: ReturnType<typeof setInterval> | undefined;
  private context: Pick<AudioContext, 'currentTime'> | undefined;
  private at = 0;
  private looks = 0;

  /** The first is told when sound stands still and when it goes on; the second is called at each look while it does. */
  constructor(
    private readonly onStill: (still: boolean) => void,
    private readonly mend: () => void,
  ) {}

  /** Watches that context from now on; none with undefined. */
  watch(context: Pick<AudioContext, 'currentTime'> | undefined): void {
    this.context = context;
    this.looks = 0;
    this.at = context?.currentTime ?? 0;
    clearInterval(this.timer);
    this.timer = context && setInterval(() => this.look(), lookEvery);
    if (!context) this.say(false);
  }

  private look(): void {
    const now = this.context?.currentTime ?? 0;
    if (now !== this.at) {
      this.at = now;
      this.looks = 0;
      this.say(false);
      return;
    }
    if (++this.looks < patience) return;
    this.say(true);
    this.mend();
  }

  private say(still: boolean): void {
    if (this.still === still) return;
    this.still = still;
    this.onStill(still);
  }
}
