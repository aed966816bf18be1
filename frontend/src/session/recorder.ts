/** Recording, and where files go: what a click asks the app for, and what came of it. */
import type { AppApi, Participant } from '../app/api';

export class Recorder {
  constructor(
    private readonly app: AppApi,
    private readonly tell: (thrown: unknown) => void,
  ) {}

  /** Resolves when it records and everybody is told, or when that was refused, which is told. */
  start(): Promise<void> {
    return this.app.StartRecording().catch(this.tell);
  }

  stop(): Promise<void> {
    return this.app.StopRecording().catch(this.tell);
  }

  /** Shows the latest recording in the file manager. */
  show(): Promise<void> {
    return this.app.ShowRecordings().catch(this.tell);
  }
}

/** Names of those who record, without us, and whether we do. */
export function recorders(participants: readonly Participant[], you: string): { names: string[]; we: boolean } {
  const all = participants.filter(({ recording }) => recording === true);
  return { names: all.filter(({ id }) => id !== you).map(({ name }) => name), we: all.some(({ id }) => id === you) };
}
