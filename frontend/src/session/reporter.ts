import type { Report } from '../app/api';

/** Milliseconds between reports; the host measures links as often (docs/PROTOCOL.md, section 3). */
const every = 2000;

/** Measures what we receive and tells the host, while there is a connection. */
export class Reporter {
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly measure: () => Promise<Report | undefined>,
    private readonly tell: (report: Report) => Promise<void>,
  ) {}

  /** Runs while the media is connected. */
  run(connected: boolean): void {
    if (connected === (this.timer !== undefined)) return;
    clearInterval(this.timer);
    this.timer = connected ? setInterval(() => void this.report(), every) : undefined;
    if (connected) void this.report(); // the first one is what the next is compared with
  }

  private async report(): Promise<void> {
    try {
      const report = await this.measure();
      if (report && this.timer !== undefined) await this.tell(report);
    } catch {
      // The next one says more.
    }
  }
}
