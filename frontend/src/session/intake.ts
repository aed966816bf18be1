/** An open microphone and what becomes of it until it is sent: as the browser gives it, or cleaned by RNNoise on the way. */
import { levelOf } from './level';
import { openMicrophone, type MicrophoneWish } from './microphone';
import { levelEvery } from './overheard';
import { MicrophoneError } from './transport';
import type { Cleaned, Meter, Workshop } from './workshop';

/** Samples of levelEvery. */
const looked = 4800;

export class Intake {
  /** What is sent. Its `enabled` is the mute. */
  readonly track: MediaStreamTrack;
  /** Called when the device is gone. */
  onended: () => void = () => undefined;

  private constructor(
    private readonly source: MediaStreamTrack,
    private readonly cleaned: Cleaned | undefined,
    private readonly meter: Meter | undefined,
  ) {
    // A copy is sent, so that the meter hears a muted microphone too: it may be dead, or somebody may be talking to nobody.
    this.track = cleaned?.track ?? (meter ? source.clone() : source);
    source.onended = () => this.onended();
  }

  /**
   * Opens the microphone as it is wished; one that was meant and is not there is replaced by the system's default, and what cannot be
   * cleaned here by the browser. Rejects with a MicrophoneError.
   */
  static async open(
    devices: MediaDevices | undefined,
    wish: MicrophoneWish,
    workshop: Workshop | undefined,
  ): Promise<Intake> {
    const source = await openMicrophone(devices, wish).catch((thrown: unknown) => {
      const away = thrown instanceof MicrophoneError && thrown.trouble === 'missing' && wish.microphone !== '';
      if (!away) throw thrown;
      return openMicrophone(devices, { ...wish, microphone: '' });
    });
    const strong = wish.noise === 'strong' && !wish.music;
    let cleaned: Cleaned | undefined;
    try {
      if (strong) cleaned = await workshop?.clean(source);
    } catch (thrown) {
      console.warn('no strong noise suppression', thrown);
    }
    if (strong && !cleaned) {
      source.stop();
      return Intake.open(devices, { ...wish, noise: 'standard' }, workshop);
    }
    return new Intake(source, cleaned, workshop?.measure(source));
  }

  /** Whether the browser takes it in as it was asked to: some keep what an older track of the same device has. */
  isAs({ music, echo, noise, gain }: MicrophoneWish): boolean {
    const now = this.source.getSettings();
    const same = (is: boolean | string | undefined, wanted: boolean) => is === undefined || (is !== false) === wanted;
    return (
      same(now.echoCancellation, echo && !music) &&
      same(now.noiseSuppression, noise === 'standard' && !music) &&
      same(now.autoGainControl, gain && !music)
    );
  }

  /** The device's name as the browser gives it. */
  get name(): string {
    return this.source.label;
  }

  /** The largest sample that came in lately, also while it is muted; undefined while that is not known. */
  peak(): number | undefined {
    return this.meter?.peak();
  }

  /** The system or a switch on the device has muted it: the browser says so, and gives zeros. */
  get silenced(): boolean {
    return this.source.muted;
  }

  /** Calls fn ten times a second with the level in dBFS, muted here or not, until the returned function is called. */
  listen(fn: (level: number) => void): () => void {
    const timer = setInterval(() => {
      const samples = this.samples();
      if (samples) fn(levelOf(samples.subarray(-looked)).loud);
    }, levelEvery);
    return () => clearInterval(timer);
  }

  samples(): Float32Array<ArrayBuffer> | undefined {
    return this.meter?.samples();
  }

  stop(): void {
    this.source.onended = null;
    this.meter?.stop();
    this.cleaned?.stop();
    this.track.stop();
    this.source.stop();
  }
}
