/** What a click asks the app to do or to tell, which needs no more than asking. */
import type { AppApi, Diagnostics, FindingAction, InviteCard, KnownHost } from '../app/api';

export class Errands {
  constructor(
    private readonly app: AppApi,
    private readonly tell: (thrown: unknown) => void,
  ) {}

  /** The licences of everything that the program is made of. */
  licences(): Promise<string> {
    return this.app.Licences();
  }

  /** The hosts that are remembered. */
  hosts(): Promise<KnownHost[]> {
    return this.app.GetHosts();
  }

  /** Forgets these hosts, all of them when the list is empty. */
  forgetHosts(fingerprints: string[]): Promise<void> {
    return this.app.ForgetHosts(fingerprints).catch(this.tell);
  }

  /** What people compare aloud of a key. */
  async hostCode(fingerprint: string): Promise<number[]> {
    return (await this.app.HostCode(fingerprint)).symbols;
  }

  setVerified(fingerprint: string, verified: boolean): void {
    this.app.SetVerified(fingerprint, verified).catch(this.tell);
  }

  /** The invite of a room in every form it is given away in. */
  inviteCard(ref: string): Promise<InviteCard> {
    return this.app.InviteCard(ref);
  }

  /** Does for the user what a finding of the doctor names. */
  act(action: FindingAction): Promise<void> {
    return this.app.Act(action);
  }

  /** Opens a link that somebody wrote in the system's browser. */
  openLink(url: string): Promise<void> {
    return this.app.OpenLink(url).catch(this.tell);
  }

  dismissNotice(id: number): void {
    this.app.Dismiss(id).catch(this.tell);
  }

  /** What is saved for whoever is to help. */
  diagnostics(userAgent: string): Promise<Diagnostics> {
    return this.app.GetDiagnostics(userAgent);
  }

  /** Saves them where the user says in the window; whether they were. */
  saveDiagnostics(): Promise<boolean> {
    return this.app.SaveDiagnostics().catch((thrown: unknown) => {
      this.tell(thrown);
      return false;
    });
  }

  /** Makes the window small and keeps it above all others, or as before; whether that was done. */
  miniWindow(on: boolean): Promise<boolean> {
    return this.app.MiniWindow(on).then(
      () => true,
      () => false,
    );
  }

  closeWindow(hide: boolean): Promise<void> {
    return this.app.CloseWindow(hide).catch(this.tell);
  }
}
