import { Booster } from './booster';

/**
 * Milliseconds that a muted speaker's last word still has to arrive. On a quiet network speech is heard about 110 ms after
 * it is said (Chromium to Chromium, docs/BENCHMARKS.md), of which the word that says "muted" needs a few; a jitter buffer
 * that a bad network has filled may hold several hundred, and none of that may be heard.
 */
const lastWord = 100;

/**
 * The ears: one <audio> element for each seat, hidden in the document. (A WebRTC track is only pulled, and so decoded,
 * while an element in use plays it.) Who is to be louder than they come is played by a Booster beside a muted element.
 */
export class Playback {
  private readonly elements: HTMLAudioElement[] = [];
  private tracks: readonly MediaStreamTrack[] = [];
  /** Running out, seat by seat, for speakers who have just muted themselves. */
  private readonly closing = new Map<number, ReturnType<typeof setTimeout>>();
  private blocked = false;
  private deaf = false;
  private volumes: readonly number[] = [];
  private readonly boosters = new Map<number, Booster>();
  private speaker = '';

  constructor(
    private readonly parent: HTMLElement,
    private readonly onBlocked: (blocked: boolean) => void,
  ) {}

  /** Plays the tracks, seat by seat. Call it from the click that joins: the browser then allows sound. */
  play(tracks: readonly MediaStreamTrack[]): void {
    this.stop();
    this.tracks = tracks;
    tracks.forEach((track, seat) => {
      const element = this.parent.ownerDocument.createElement('audio');
      element.autoplay = true;
      element.hidden = true;
      element.dataset['seat'] = String(seat);
      element.srcObject = new MediaStream([track]);
      this.parent.append(element);
      void this.route(element);
      this.elements.push(element);
    });
    this.applyVolumes();
    this.resume();
  }

  /** Lets nothing be heard, now and of what is played later. */
  setDeaf(deaf: boolean): void {
    this.deaf = deaf;
    this.applyVolumes();
  }

  /** How loud each seat is, 1 being as it comes and 2 the most; seats without a number are at 1. */
  setVolumes(volumes: readonly number[]): void {
    this.volumes = volumes;
    this.applyVolumes();
  }

  private applyVolumes(): void {
    this.elements.forEach((element, seat) => {
      const volume = this.volumes[seat] ?? 1;
      element.volume = Math.min(1, volume);
      const track = this.tracks[seat];
      const wanted = volume > 1 && !this.deaf;
      let booster = this.boosters.get(seat);
      if (wanted && !booster && track) {
        booster = new Booster(track, this.speaker, () => this.hush(seat));
        this.boosters.set(seat, booster);
      }
      if (wanted) booster?.setVolume(volume);
      else if (booster) {
        this.boosters.delete(seat);
        booster.close();
      }
      this.hush(seat);
    });
  }

  /** An element is silent if nothing is to be heard, or if its booster sounds. */
  private hush(seat: number): void {
    const element = this.elements[seat];
    if (element) element.muted = this.deaf || this.boosters.get(seat)?.sounds === true;
  }

  /** Starts every element that does not play. From a click it always may. */
  resume(): void {
    const elements = [...this.elements];
    void Promise.all(elements.map(startedOrBlocked)).then((results) => {
      if (elements[0] === this.elements[0]) this.setBlocked(results.includes('blocked'));
    });
  }

  /** Plays by this loudspeaker from now on, '' being the system's. Where pages cannot choose, it changes nothing. */
  async setSpeaker(id: string): Promise<void> {
    if (this.speaker === id) return;
    this.speaker = id;
    const boosted = [...this.boosters.values()].map((booster) => booster.setSpeaker(id));
    await Promise.all([...this.elements.map((element) => this.route(element)), ...boosted]);
  }

  private async route(element: HTMLAudioElement): Promise<void> {
    // WebKit has none.
    if (!('setSinkId' in element) || element.sinkId === this.speaker) return;
    // One that is gone by now is heard of by devicechange.
    await element.setSinkId(this.speaker).catch(() => undefined);
  }

  /**
   * Says of each seat whether its speaker is muted. What of theirs is still in the jitter buffer is then not heard: their last
   * word in time aside, unless it is a moderator's mute, which cuts it off.
   */
  silence(seats: readonly boolean[], atOnce: readonly boolean[] = []): void {
    this.tracks.forEach((track, seat) => {
      const timer = this.closing.get(seat);
      if (atOnce[seat] === true) track.enabled = false;
      if (seats[seat] !== true) {
        clearTimeout(timer);
        this.closing.delete(seat);
        track.enabled = true;
      } else if (timer === undefined) {
        this.closing.set(
          seat,
          setTimeout(() => (track.enabled = false), lastWord),
        );
      }
    });
  }

  stop(): void {
    this.closing.forEach((timer) => clearTimeout(timer));
    this.closing.clear();
    this.boosters.forEach((booster) => booster.close());
    this.boosters.clear();
    this.tracks = [];
    for (const element of this.elements.splice(0)) {
      element.srcObject = null;
      element.remove();
    }
    this.setBlocked(false);
  }

  private setBlocked(blocked: boolean): void {
    if (this.blocked === blocked) return;
    this.blocked = blocked;
    this.onBlocked(blocked);
  }
}

async function startedOrBlocked(element: HTMLAudioElement): Promise<'started' | 'blocked'> {
  try {
    await element.play();
    return 'started';
  } catch (thrown) {
    // Anything else (AbortError: the element was stopped meanwhile) is no question of permission.
    return thrown instanceof DOMException && thrown.name === 'NotAllowedError' ? 'blocked' : 'started';
  }
}
