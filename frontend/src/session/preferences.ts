/** The settings as a click changes them. What they are, the app says (State). */
import type { AppApi, Participant, Settings, State } from '../app/api';
import { withLoudness } from './loudness';

export class Preferences {
  constructor(
    private readonly app: AppApi,
    private readonly state: () => State | null,
    private readonly tell: (thrown: unknown) => void,
  ) {}

  /** Changes fields of one section. */
  change<S extends keyof Settings>(section: S, change: Partial<Settings[S]>): void {
    this.app.ChangeSettings(section, change).catch(this.tell);
  }

  /** All but the user's name become those of a new installation. */
  reset(): void {
    this.app.ResetSettings().catch(this.tell);
  }

  /** How loud we play somebody, in this room and in those to come; 100 % is as it comes. */
  setLoudness(who: Participant, volume: number, muted: boolean): void {
    const state = this.state();
    if (state) this.change('people', withLoudness(state.people, who, volume, muted));
  }
}
