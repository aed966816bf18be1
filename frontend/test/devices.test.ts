import { describe, expect, it } from 'vitest';
import type { Device, Sound } from '../src/app/api';
import { census, chosen, emptyCensus, follow, held, type Census, type InUse } from '../src/session/devices';
import { Vigil } from '../src/session/vigil';
import { usualSound } from './fakes';

const info = (kind: MediaDeviceKind, deviceId: string, label: string, groupId = deviceId): MediaDeviceInfo =>
  ({ kind, deviceId, label, groupId }) as MediaDeviceInfo;
const mic = (id: string, label = id) => info('audioinput', id, label);
const speaker = (id: string, label = id) => info('audiooutput', id, label);
const usual = (of: MediaDeviceInfo): MediaDeviceInfo => info(of.kind, 'default', `Standard - ${of.label}`, of.groupId);
const sound = (microphone: Device = { name: '' }, speaker: Device = { name: '' }): Sound => ({
  ...usualSound,
  microphone,
  speaker,
});
const nobody: InUse = { microphone: '', speaker: '' };
/** What follows when the list becomes another one. */
const turn = (before: Census, use: InUse, list: MediaDeviceInfo[], wish: Sound) =>
  follow(before, use, census(list), wish);

describe('a list of devices', () => {
  it("has each once, and which is behind Chromium's default", () => {
    const jabra = mic('j', 'Microphone (Jabra)');
    const list = [
      usual(jabra),
      info('audioinput', 'communications', 'Communications - x'),
      mic('b', 'Built-in'),
      jabra,
    ];
    expect(census([...list, speaker('s', 'Speakers')])).toEqual({
      microphone: {
        found: [
          { id: 'b', name: 'Built-in' },
          { id: 'j', name: 'Microphone (Jabra)' },
        ],
        usual: 'j',
      },
      speaker: { found: [{ id: 's', name: 'Speakers' }], usual: '' },
    });
  });

  it('tells two of one name apart by their group, and is empty before names are told', () => {
    const [a, b] = [mic('a', 'Headset'), mic('b', 'Headset')];
    expect(census([usual(b), a, b]).microphone.usual).toBe('b');
    expect(census([info('audioinput', '', ''), info('audiooutput', '', '')])).toEqual(emptyCensus);
  });
});

describe('what was chosen', () => {
  const now = census([mic('1', 'Yeti'), mic('2', 'Yeti'), mic('3', 'Microphone (3- Jabra)'), speaker('s', 'Desk')]);
  it.each([
    [{ name: 'Yeti', id: '2' }, '2'],
    [{ name: 'Yeti', id: 'of another browser' }, '1'],
    [{ name: 'Microphone (Jabra)' }, '3'],
    [{ name: 'Microphone (2- Jabra)' }, '3'],
    [{ name: 'Gone' }, ''],
    [{ name: '' }, ''],
  ])('%o is %s', (device, id) => expect(chosen(now, sound(device)).microphone).toBe(id));
});

describe('a microphone', () => {
  const both = [usual(mic('b', 'Built-in')), mic('b', 'Built-in'), mic('j', 'Jabra')];
  const alone = both.slice(0, 2);
  const jabra = sound({ name: 'Jabra', id: 'j' });

  it('that was chosen and is unplugged gives way to the default, and is used again when it is back, under another id too', () => {
    const gone = turn(census(both), { microphone: 'j', speaker: '' }, alone, jabra);
    expect(gone.use.microphone).toBe('');
    expect(gone.told).toEqual([{ kind: 'microphone', what: 'gone', name: 'Jabra', now: 'Built-in' }]);
    const back = turn(census(alone), gone.use, [...alone, mic('other id', 'Jabra')], jabra);
    expect(back.use.microphone).toBe('other id');
    expect(back.told).toEqual([{ kind: 'microphone', what: 'back', name: 'Jabra', now: 'Jabra' }]);
  });

  it('that nobody chose is not used when it appears, and nothing is said', () => {
    expect(turn(census(alone), nobody, both, sound())).toEqual({ use: nobody, told: [], reopen: false });
  });

  it('that the system uses now is opened anew', () => {
    const list = [usual(mic('j', 'Jabra')), ...both.slice(1)];
    const { told, reopen } = turn(census(both), nobody, list, sound());
    expect([told, reopen]).toEqual([[{ kind: 'microphone', what: 'moved', name: 'Built-in', now: 'Jabra' }], true]);
    const { told: said } = turn(census(list), nobody, alone, sound());
    expect(said).toEqual([{ kind: 'microphone', what: 'gone', name: 'Jabra', now: 'Built-in' }]);
  });

  it('is not said to be back when names have just been told', () => {
    expect(turn(emptyCensus, nobody, both, jabra)).toEqual({
      use: { microphone: 'j', speaker: '' },
      told: [],
      reopen: false,
    });
  });
});

describe('a loudspeaker', () => {
  const desk = speaker('d', 'Desk');
  const hall = speaker('h', 'Hall');
  const alone = [usual(desk), desk];

  it('that has just appeared is never used by itself, even if the system does, but offered', () => {
    const use = held(census(alone), nobody);
    expect(use.speaker).toBe('d');
    const { use: still, told } = turn(census(alone), use, [usual(hall), desk, hall], sound());
    expect(still.speaker).toBe('d');
    expect(told).toEqual([{ kind: 'speaker', what: 'offered', name: 'Hall', now: 'Desk' }]);
    expect(held(census([usual(hall), desk, hall]), nobody).speaker).toBe('h');
  });

  it('that was there all along is used when the system is told to', () => {
    const { use, told } = turn(
      census([...alone, hall]),
      { ...nobody, speaker: 'd' },
      [usual(hall), desk, hall],
      sound(),
    );
    expect(use.speaker).toBe('h');
    expect(told).toEqual([{ kind: 'speaker', what: 'moved', name: 'Desk', now: 'Hall' }]);
  });

  it("that is unplugged gives way to the system's, and is offered when it is back", () => {
    const wish = sound(undefined, { name: 'Hall' });
    const gone = turn(census([...alone, hall]), { ...nobody, speaker: 'h' }, alone, wish);
    expect(gone.use.speaker).toBe('d');
    expect(gone.told).toEqual([{ kind: 'speaker', what: 'gone', name: 'Hall', now: 'Desk' }]);
    const back = turn(census(alone), gone.use, [...alone, hall], wish);
    expect(back.use.speaker).toBe('d');
    expect(back.told).toEqual([{ kind: 'speaker', what: 'offered', name: 'Hall', now: 'Desk' }]);
  });

  it('stays when another microphone comes or the list is the same', () => {
    const use = { microphone: '', speaker: 'd' };
    expect(turn(census(alone), use, [...alone, mic('m')], sound())).toEqual({ use, told: [], reopen: false });
  });

  it('is the chosen one as soon as names are told', () => {
    expect(turn(emptyCensus, nobody, [...alone, hall], sound(undefined, { name: 'Hall' })).use.speaker).toBe('h');
  });
});

describe('a microphone that gives nothing', () => {
  /** Looks twice a second; returns after how many ms it was said first, or undefined. */
  function silence(vigil: Vigil, from: number, peak: number | undefined, forMillis: number): number | undefined {
    for (let at = 0; at <= forMillis; at += 500) if (vigil.look(peak, from + at)) return at;
    return undefined;
  }

  it('is noticed within 5 s, and no longer said when sound comes', () => {
    const vigil = new Vigil();
    expect(silence(vigil, 0, 0.01, 10_000)).toBeUndefined();
    expect(silence(vigil, 10_000, 0, 10_000)).toBeLessThan(4500);
    expect(vigil.look(0.001, 20_000)).toBe(false);
  });

  it('is one that gives less than any real one; a quiet room is none, nor what nobody can know', () => {
    expect(silence(new Vigil(), 0, 0.00003, 60_000)).toBeUndefined();
    expect(silence(new Vigil(), 0, undefined, 60_000)).toBeUndefined();
    expect(silence(new Vigil(), 0, 0.000001, 5000)).toBeDefined();
  });

  it('is said ever later of one that gives zeros between words', () => {
    const vigil = new Vigil();
    const after = Array.from({ length: 4 }, (_, i) => {
      vigil.look(0.1, i * 100_000);
      return silence(vigil, i * 100_000 + 500, 0, 90_000);
    });
    expect(after).toEqual([2500, 2500, 5000, 10_000]);
    vigil.restart();
    expect(silence(vigil, 1e6, 0, 10_000)).toBe(2500);
  });
});
