/** Files that people in the room offer each other: what the app says of them, and how this page gives it one of ours. */
import { asProblem, Problem, type AppApi, type RoomFile } from '../app/api';

/** Bytes that a file may have (sfu/signal: MaxFile). */
export const largestFile = 1 << 30;
/** Bytes that are given to the app at once (app/files.go: maxPiece). */
export const pieceSize = 128 << 10;

export class RoomFiles {
  private current: readonly RoomFile[] = [];
  private room = '';
  private you = '';
  private readonly watchers = new Set<(files: readonly RoomFile[]) => void>();
  private readonly stops: (() => void)[] = [];

  constructor(
    private readonly app: AppApi,
    private readonly tell: (thrown: unknown) => void,
  ) {}

  get list(): readonly RoomFile[] {
    return this.current;
  }

  subscribe(fn: (files: readonly RoomFile[]) => void): () => void {
    this.watchers.add(fn);
    return () => this.watchers.delete(fn);
  }

  start(): void {
    this.stops.push(
      this.app.on('files', ({ room, files }) => {
        if (room === this.room) this.set(files);
      }),
      this.app.on('state', ({ session }) => {
        const room = session?.room.id ?? '';
        const you = session?.you ?? '';
        if (room === this.room && you === this.you) return;
        [this.room, this.you] = [room, you];
        this.set([]);
        if (room === '') return;
        this.app.GetFiles().then(
          (all) => {
            if (all.room === this.room) this.set(all.files);
          },
          () => undefined, // we have left again
        );
      }),
    );
  }

  stop(): void {
    this.stops.splice(0).forEach((stop) => stop());
  }

  /** Offers files, one after the other; to is a participant id, or "" for everybody. What is refused is told. */
  async offer(files: readonly File[], to: string): Promise<void> {
    for (const file of files) {
      try {
        await this.give(file, to);
      } catch (thrown) {
        const { code } = asProblem(thrown);
        if (code !== 'not_found') this.tell(thrown); // it was cancelled meanwhile
      }
    }
  }

  /** Gives the app one piece after the other: the next when it has room for it. */
  private async give(file: File, to: string): Promise<void> {
    if (file.size > largestFile) throw new Problem('file_too_large');
    const id = await this.app.OfferFile(file.name, file.size, to);
    try {
      for (let from = 0; from < file.size; from += pieceSize) {
        await this.app.PutFile(id, await base64(file.slice(from, from + pieceSize)));
      }
    } catch (thrown) {
      this.cancel(id);
      throw thrown;
    }
  }

  answer(id: string, take: boolean): void {
    this.app.AnswerFile(id, take).catch(this.tell);
  }

  cancel(id: string): void {
    this.app.CancelFile(id).catch(this.tell);
  }

  show(): void {
    this.app.ShowDownloads().catch(this.tell);
  }

  private set(files: readonly RoomFile[]): void {
    this.current = files;
    this.watchers.forEach((fn) => fn(files));
  }
}

/** How many files of others wait for our answer. */
export function asking(files: readonly RoomFile[]): number {
  return files.filter(({ mine, state }) => !mine && state === 'offered').length;
}

/** The share of a file that has moved, 0 to 1; undefined where nothing moves. */
export function progress(file: RoomFile): number | undefined {
  if (file.state !== 'loading' && file.state !== 'moving') return undefined;
  if (file.size === 0) return 1;
  if (!file.mine || file.state === 'loading') return file.moved / file.size;
  const going = (file.to ?? []).filter(({ state }) => state === 'moving' || state === 'done');
  return going.reduce((sum, { moved }) => sum + moved, 0) / (file.size * Math.max(1, going.length));
}

/** "48 kB", in the language's own way of writing. */
export function sizeOf(bytes: number, language: string): string {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;
  const power = Math.min(units.length - 1, bytes < 1000 ? 0 : Math.floor(Math.log10(bytes) / 3));
  const style = { style: 'unit', unit: units[power] ?? 'byte', unitDisplay: 'short' } as const;
  const digits = power === 0 ? 0 : 1;
  return new Intl.NumberFormat(language, { ...style, maximumFractionDigits: digits }).format(bytes / 1000 ** power);
}

/** A piece as base64, by the browser's own encoder: it takes a millisecond. */
async function base64(piece: Blob): Promise<string> {
  const reader = new FileReader();
  await new Promise((resolve, reject) => {
    reader.onload = resolve;
    reader.onerror = () => reject(new Problem('file_unreadable'));
    reader.readAsDataURL(piece);
  });
  const url = reader.result as string;
  return url.slice(url.indexOf(',') + 1);
}
