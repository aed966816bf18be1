/** Asks the app what stands between this computer and the rooms, once at a time, and remembers the last answer. */
import type { AppApi, Examination, Finding } from '../app/api';
import { merged, soundCodes, type PageSound } from './sound';

/** Milliseconds between two examinations that nobody asked for. */
export const examineAtMostEvery = 15_000;

export interface Checkup {
  readonly running: boolean;
  /** The last result, also while another examination runs. */
  readonly result: Examination | null;
  /** When that was, in milliseconds since 1970. */
  readonly at: number;
  readonly failed: boolean;
  /** The likeliest reason that no room is found, or null when there is no word on it. */
  readonly likeliest: Finding | null;
}

const none: Checkup = { running: false, result: null, at: 0, failed: false, likeliest: null };

export interface ExaminerOptions {
  app: Pick<AppApi, 'Examine'>;
  /** What the page knows of its sound; undefined where another page carries the voice. */
  sound?: (() => Promise<PageSound>) | undefined;
}

export class Examiner {
  private current = none;
  private readonly watchers = new Set<(checkup: Checkup) => void>();
  private run: Promise<void> | undefined;
  private startedAt = -Infinity;

  constructor(private readonly options: ExaminerOptions) {}

  get checkup(): Checkup {
    return this.current;
  }

  subscribe(fn: (checkup: Checkup) => void): () => void {
    this.watchers.add(fn);
    return () => this.watchers.delete(fn);
  }

  /** Examines now, or joins the examination that runs. The outcome is in the checkup. */
  examine(): Promise<void> {
    this.run ??= this.look().finally(() => (this.run = undefined));
    return this.run;
  }

  /** Milliseconds until an examination that nobody asked for may begin. */
  get restsFor(): number {
    return Math.max(0, this.startedAt + examineAtMostEvery - Date.now());
  }

  private async look(): Promise<void> {
    this.startedAt = Date.now();
    this.set({ ...this.current, running: true, failed: false });
    try {
      const [examination, sound] = await Promise.all([this.options.app.Examine(), this.options.sound?.()]);
      this.set({
        running: false,
        result: merged(examination, sound),
        at: Date.now(),
        failed: false,
        // Sound has nothing to do with finding rooms.
        likeliest: examination.findings.find(({ code }) => !soundCodes.includes(code)) ?? null,
      });
    } catch {
      this.set({ ...this.current, running: false, failed: true });
    }
  }

  private set(checkup: Checkup): void {
    this.current = checkup;
    this.watchers.forEach((fn) => fn(checkup));
  }
}
