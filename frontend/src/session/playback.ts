/**
 * The ears: one <audio> element for each seat, hidden in the document. (A WebRTC track is only pulled, and so decoded,
 * while an element in use plays it.)
 */
export class Playback {
  private readonly elements: HTMLAudioElement[] = [];
  private blocked = false;

  constructor(
    private readonly parent: HTMLElement,
    private readonly onBlocked: (blocked: boolean) => void,
  ) {}

  /** Plays the tracks, seat by seat. Call it from the click that joins: the browser then allows sound. */
  play(tracks: readonly MediaStreamTrack[]): void {
    this.stop();
    tracks.forEach((track, seat) => {
      const element = this.parent.ownerDocument.createElement('audio');
      element.autoplay = true;
      element.hidden = true;
      element.dataset['seat'] = String(seat);
      element.srcObject = new MediaStream([track]);
      this.parent.append(element);
      this.elements.push(element);
    });
    this.resume();
  }

  /** Starts every element that does not play. From a click it always may. */
  resume(): void {
    const elements = [...this.elements];
    void Promise.all(elements.map(startedOrBlocked)).then((results) => {
      if (elements[0] === this.elements[0]) this.setBlocked(results.includes('blocked'));
    });
  }

  stop(): void {
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
