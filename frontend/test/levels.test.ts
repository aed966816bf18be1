import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LevelMeter, type Loudness } from '../src/session/levels';
import { Stage } from '../src/session/stage';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('LevelMeter', () => {
  it('rises at once, outlives the gap between words, then falls gently to nothing', () => {
    const meter = new LevelMeter(() => Date.now());
    const seen: Loudness[] = [];
    meter.watch('a', (loudness) => seen.push(loudness));
    meter.report({ a: -20 });
    expect(seen.at(-1)?.speaking).toBe(true);
    expect(seen.at(-1)?.level).toBeGreaterThan(0.9);
    vi.advanceTimersByTime(250);
    expect(seen.at(-1)?.speaking).toBe(true);
    vi.advanceTimersByTime(150);
    expect(seen.at(-1)?.speaking).toBe(false);
    vi.advanceTimersByTime(2000);
    expect(seen.at(-1)).toEqual({ level: 0, speaking: false });
    const levels = seen.map(({ level }) => level).slice(1);
    expect(levels).toEqual([...levels].sort((a, b) => b - a));
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not call -50 dBov or less speaking', () => {
    const meter = new LevelMeter(() => Date.now());
    meter.report({ a: -50, b: -49 });
    expect(meter.loudness('a').speaking).toBe(false);
    expect(meter.loudness('b').speaking).toBe(true);
  });

  it('draws at most fifteen times a second, and only who changes', () => {
    const meter = new LevelMeter(() => Date.now());
    const loud = vi.fn();
    const quiet = vi.fn();
    meter.watch('loud', loud);
    meter.watch('quiet', quiet);
    for (let i = 0; i < 100; i++) {
      meter.report({ loud: i % 2 === 0 ? -20 : -40 });
      vi.advanceTimersByTime(10);
    }
    expect(loud.mock.calls.length).toBeGreaterThan(8);
    expect(loud.mock.calls.length).toBeLessThanOrEqual(17);
    expect(quiet).toHaveBeenCalledTimes(1);
  });

  it('lists talkers, the loudest first', () => {
    const meter = new LevelMeter(() => Date.now());
    let talkers: readonly string[] = [];
    meter.watchTalkers((now) => (talkers = now));
    meter.report({ a: -40, b: -20, c: -80 });
    expect(talkers).toEqual(['b', 'a']);
    meter.clear();
    expect(talkers).toEqual([]);
  });
});

describe('Stage', () => {
  it('keeps places while people talk in turn, and clears them after four seconds of silence', () => {
    const stage = new Stage(2);
    expect(stage.update(['a'], 0)).toEqual(['a']);
    expect(stage.update(['b', 'a'], 100)).toEqual(['a', 'b']);
    expect(stage.update(['b'], 4000)).toEqual(['a', 'b']);
    expect(stage.update(['b'], 4200)).toEqual(['b']);
    expect(stage.update([], 8200)).toEqual([]);
  });

  it('gives a newcomer the place of who was silent longest, and pushes nobody off who speaks', () => {
    const stage = new Stage(2);
    stage.update(['a', 'b'], 0);
    stage.update(['a'], 1000);
    expect(stage.update(['c', 'a'], 2000)).toEqual(['a', 'c']);
    expect(stage.update(['d', 'a', 'c'], 2100)).toEqual(['a', 'c']);
  });
});
