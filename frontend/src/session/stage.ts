/**
 * Who is on stage: the few who spoke last, in places that do not move while they speak. In a big room the eye finds
 * talkers there, however far down the list of people they are.
 */

/** Milliseconds that somebody keeps a place after the last word: an answer or a breath does not clear the stage. */
const keep = 4000;

export class Stage {
  private places: { id: string; heardAt: number }[] = [];

  constructor(private readonly size: number) {}

  /** Takes who speaks now, loudest first, and returns who is on stage, in the order of their places. */
  update(talkers: readonly string[], now: number): string[] {
    for (const place of this.places) if (talkers.includes(place.id)) place.heardAt = now;
    this.places = this.places.filter((place) => now - place.heardAt < keep);
    for (const id of talkers) {
      if (this.places.some((place) => place.id === id)) continue;
      if (this.places.length < this.size) this.places.push({ id, heardAt: now });
      else this.replaceQuietest({ id, heardAt: now });
    }
    return this.places.map((place) => place.id);
  }

  /** Gives the newcomer the place of whoever has been silent longest; nobody who speaks now is pushed off. */
  private replaceQuietest(newcomer: { id: string; heardAt: number }): void {
    let quietest = 0;
    this.places.forEach((place, i) => {
      if (place.heardAt < (this.places[quietest]?.heardAt ?? 0)) quietest = i;
    });
    if ((this.places[quietest]?.heardAt ?? newcomer.heardAt) < newcomer.heardAt) this.places[quietest] = newcomer;
  }
}
