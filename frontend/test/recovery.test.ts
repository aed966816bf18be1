import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Recovery } from '../src/session/recovery';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function recovering() {
  const restart = vi.fn(() => Promise.resolve());
  const followed = vi.fn(() => Promise.resolve(true));
  return { restart, followed, recovery: new Recovery(restart, followed) };
}

it('restarts at once when the connection failed', () => {
  const { restart, recovery } = recovering();
  recovery.mediaIs('failed');
  expect(restart).toHaveBeenCalledTimes(1);
});

it('gives an interruption two seconds to heal', () => {
  const { restart, recovery } = recovering();
  recovery.mediaIs('interrupted');
  vi.advanceTimersByTime(1999);
  recovery.mediaIs('connected');
  vi.advanceTimersByTime(60_000);
  expect(restart).not.toHaveBeenCalled();
  recovery.mediaIs('interrupted');
  vi.advanceTimersByTime(2000);
  expect(restart).toHaveBeenCalledTimes(1);
});

it('tries again until it is connected', async () => {
  const { restart, recovery } = recovering();
  restart.mockRejectedValueOnce(new Error('no'));
  recovery.mediaIs('failed');
  await vi.advanceTimersByTimeAsync(1000);
  expect(restart).toHaveBeenCalledTimes(2);
  recovery.mediaIs('connected');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(restart).toHaveBeenCalledTimes(2);
});

it('waits for Signal, and restarts when it is back and the media is not', () => {
  const { restart, recovery } = recovering();
  recovery.mediaIs('connected');
  recovery.sessionIs({ status: 'reconnecting' });
  recovery.mediaIs('failed');
  expect(restart).not.toHaveBeenCalled();
  recovery.sessionIs({ status: 'joined' });
  expect(restart).toHaveBeenCalledTimes(1);
});

it('leaves a connection alone that outlived its Signal', () => {
  const { restart, recovery } = recovering();
  recovery.mediaIs('connected');
  recovery.sessionIs({ status: 'reconnecting' });
  recovery.sessionIs({ status: 'joined' });
  expect(restart).not.toHaveBeenCalled();
});

it('stops with the stay', () => {
  const { restart, recovery } = recovering();
  recovery.mediaIs('interrupted');
  recovery.mediaIs('closed');
  vi.advanceTimersByTime(60_000);
  expect(restart).not.toHaveBeenCalled();
});

it('follows Signal to another path at once, though the connection claims to stand', async () => {
  const { restart, recovery } = recovering();
  recovery.mediaIs('connected');
  recovery.sessionIs({ status: 'joined', path: 3 });
  expect(restart).not.toHaveBeenCalled();
  recovery.sessionIs({ status: 'reconnecting', path: 4 });
  expect(restart).not.toHaveBeenCalled();
  recovery.sessionIs({ status: 'joined', path: 4 });
  recovery.sessionIs({ status: 'joined', path: 5 });
  expect(restart).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(0);
  expect(restart).toHaveBeenCalledTimes(2);
});

it('tries eagerly for some seconds, then now and then', async () => {
  const { restart, recovery } = recovering();
  recovery.mediaIs('failed');
  await vi.advanceTimersByTimeAsync(9000);
  expect(restart).toHaveBeenCalledTimes(10);
  await vi.advanceTimersByTimeAsync(10_000);
  expect(restart).toHaveBeenCalledTimes(12);
});

it('restarts again while media does not follow, though the connection claims to stand', async () => {
  const { restart, followed, recovery } = recovering();
  recovery.mediaIs('connected');
  recovery.sessionIs({ status: 'joined', path: 1 });
  followed.mockResolvedValueOnce(false).mockResolvedValueOnce(false);
  recovery.sessionIs({ status: 'joined', path: 2 });
  await vi.advanceTimersByTimeAsync(400);
  expect(restart).toHaveBeenCalledTimes(1);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(restart).toHaveBeenCalledTimes(3);
});

it('believes a standing connection in the end', async () => {
  const { restart, followed, recovery } = recovering();
  recovery.mediaIs('connected');
  recovery.sessionIs({ status: 'joined', path: 1 });
  followed.mockResolvedValue(false);
  recovery.sessionIs({ status: 'joined', path: 2 });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(restart).toHaveBeenCalledTimes(10);
});

it('leaves it to Signal while that is away', async () => {
  const { restart, followed, recovery } = recovering();
  recovery.mediaIs('connected');
  recovery.sessionIs({ status: 'joined', path: 1 });
  followed.mockResolvedValue(false);
  recovery.sessionIs({ status: 'joined', path: 2 });
  recovery.sessionIs({ status: 'reconnecting', path: 2 });
  await vi.advanceTimersByTimeAsync(60_000);
  expect(restart).toHaveBeenCalledTimes(1);
});
