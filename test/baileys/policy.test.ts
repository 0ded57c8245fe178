/** What happens after a close, by its code: `judge` by itself, and the loop that obeys it with the clock in hand. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { judge } from '../../channels/whatsapp-baileys/policy.ts';
import { type Running, startSession } from './house.ts';

describe('judge', () => {
  it('reconnects at once after the restart that follows pairing, but not for ever', () => {
    expect(judge(515, 0, 0.5)).toEqual({ next: 'reconnect', afterMs: 0 });
    expect(judge(515, 3, 1)).toEqual({ next: 'reconnect', afterMs: 8000 });
  });

  it('pairs again after a log-out', () => {
    expect(judge(401, 0, 0)).toMatchObject({ next: 'pair-again' });
  });

  it.each([402, 403, 405, 406, 411])('stops at %i and says what to do', (code) => {
    const verdict = judge(code, 0, 0);
    expect(verdict.next).toBe('stop');
    expect('words' in verdict && verdict.words).toMatch(/^[A-Z].+\.$/);
  });

  it('stays away for minutes when another program has the session', () => {
    expect(judge(440, 0, 0)).toMatchObject({ next: 'reconnect', afterMs: 300_000, needsHuman: true });
  });

  it.each([408, 428, 500, 503, 419, undefined])(
    'backs off exponentially after %s, with jitter and a limit',
    (code) => {
      const waits = [0, 1, 2, 3, 30].map((failures) => judge(code, failures, 1));
      expect(waits).toEqual([1000, 2000, 4000, 8000, 300_000].map((afterMs) => ({ next: 'reconnect', afterMs })));
      expect(judge(code, 3, 0)).toEqual({ next: 'reconnect', afterMs: 4000 });
    },
  );
});

describe('the loop', () => {
  let running: Running;
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, 'random').mockReturnValue(1);
  });
  afterEach(async () => {
    const stopped = running.stop();
    await vi.runAllTimersAsync();
    await stopped;
    vi.restoreAllMocks();
    vi.useRealTimers();
  });
  const settle = () => vi.advanceTimersByTimeAsync(1);

  it('makes a new socket at once after 515, with the same account', async () => {
    running = startSession();
    await settle();
    const [first] = running.sockets;
    first!.socket.ev.emit('connection.update', { isNewLogin: true });
    first!.close(515);
    await settle();
    expect(running.sockets).toHaveLength(2);
    expect(running.sockets[1]!.config.auth.creds).toBe(first!.config.auth.creds);
    expect(running.sockets[1]!.socket).not.toBe(first!.socket);
  });

  it('hears on the new socket: listeners of a closed one are dead', async () => {
    running = startSession({ open: true });
    await settle();
    running.last().close(428);
    await vi.advanceTimersByTimeAsync(1000);
    expect(running.sockets).toHaveLength(2);
    running.last().socket.ev.emit('lid-mapping.update', { lid: '1@lid', pn: '15550100123@s.whatsapp.net' });
    await settle();
    expect(running.tools.accepted).toHaveLength(1);
  });

  it('forgets the account after 401, says so, and shows a new code', async () => {
    running = startSession({ open: true });
    await settle();
    running.last().socket.ev.emit('creds.update', { platform: 'android' });
    await settle();
    expect(running.tools.values.has('creds')).toBe(true);
    const before = running.last().config.auth.creds;
    running.last().close(401);
    await settle();
    expect(running.tools.values.size).toBe(0);
    expect(running.reports.at(-1)).toMatchObject({ state: 'needs-human', detail: expect.stringMatching(/logged/) });
    await vi.advanceTimersByTimeAsync(1000);
    expect(running.sockets).toHaveLength(2);
    expect(running.last().config.auth.creds.noiseKey).not.toEqual(before.noiseKey);
    running.last().socket.ev.emit('connection.update', { qr: 'ref,a,b,c' });
    await settle();
    expect(running.reports.at(-1)).toMatchObject({ state: 'needs-human', pairing: { qr: 'ref,a,b,c' } });
  });

  it('waits five minutes after 440 and asks for a person', async () => {
    running = startSession({ open: true });
    await settle();
    running.last().close(440);
    await settle();
    expect(running.reports.at(-1)).toMatchObject({ state: 'needs-human', retryAt: expect.any(Date) });
    await vi.advanceTimersByTimeAsync(299_000);
    expect(running.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1500);
    expect(running.sockets).toHaveLength(2);
  });

  it('stops after 403 and resolves only then', async () => {
    running = startSession({ open: true });
    await settle();
    running.last().close(403);
    await vi.advanceTimersByTimeAsync(5000);
    await running.ended;
    expect(running.reports.at(-1)).toMatchObject({ state: 'needs-human' });
    expect(running.sockets).toHaveLength(1);
  });

  it('backs off further with each failure and starts over after a connection', async () => {
    running = startSession();
    await settle();
    for (const waitMs of [1000, 2000, 4000]) {
      const made = running.sockets.length;
      running.last().close(408);
      await vi.advanceTimersByTimeAsync(waitMs - 1);
      expect(running.sockets).toHaveLength(made);
      await vi.advanceTimersByTimeAsync(2);
      expect(running.sockets).toHaveLength(made + 1);
    }
    running.last().open();
    running.last().close(428);
    await vi.advanceTimersByTimeAsync(1001);
    expect(running.sockets).toHaveLength(5);
  });

  it('gives up showing codes that nobody scans', async () => {
    running = startSession();
    for (let round = 0; round < 21; round++) {
      await vi.advanceTimersByTimeAsync(1001);
      running.last().socket.ev.emit('connection.update', { qr: `ref-${round}` });
      running.last().close(408);
    }
    await vi.advanceTimersByTimeAsync(10_000);
    await running.ended;
    expect(running.sockets).toHaveLength(21);
    expect(running.reports.at(-1)?.detail).toMatch(/Nobody paired/);
  });
});
