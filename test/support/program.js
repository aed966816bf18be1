// One running program of a test: its lines as they come, and a sure end.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Wall-clock milliseconds with a fraction, comparable between the processes of one machine. */
export const now = () => performance.timeOrigin + performance.now();

export const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

/** Polls until `look` returns something truthy, which is returned; says `what` was missing when it never does. */
export async function until(what, look, { within = 10_000, every = 50 } = {}) {
  const deadline = now() + within;
  let last;
  for (;;) {
    try {
      const found = await look();
      if (found) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    if (now() > deadline) throw new Error(`not within ${within} ms: ${what}${last ? ` (last: ${String(last)})` : ''}`);
    await pause(every);
  }
}

export class Program {
  /** Lines of standard output that are JSON objects, each with `at`, the time it was read. */
  events = [];
  stdout = '';
  stderr = '';
  #waiting = new Set();

  /** `input` opens its standard input, for `say`. */
  constructor(name, command, args, { env = process.env, cwd, input = false } = {}) {
    this.name = name;
    this.child = spawn(command, args, { env, cwd, stdio: [input ? 'pipe' : 'ignore', 'pipe', 'pipe'] });
    this.child.stdin?.on('error', () => undefined); // it has ended: whoever waits for its answer is told why
    this.child.stderr.on('data', (chunk) => (this.stderr += chunk));
    createInterface({ input: this.child.stdout }).on('line', (line) => this.#line(line));
    this.exited = new Promise((done) => {
      this.child.on('error', (error) => done({ code: null, signal: null, error }));
      this.child.on('close', (code, signal) => done({ code, signal }));
    });
    void this.exited.then((end) => {
      this.end = end;
      for (const wake of [...this.#waiting]) wake();
    });
  }

  get pid() {
    return this.child.pid;
  }

  #line(line) {
    this.stdout += `${line}\n`;
    if (line.startsWith('{')) {
      try {
        this.events.push({ ...JSON.parse(line), at: now() });
      } catch {
        // Shown with the rest of the output when something is missing.
      }
    }
    for (const wake of [...this.#waiting]) wake();
  }

  /** Waits for an event that `match` accepts; those already read count unless they came before `after`. */
  async event(what, match, { within = 10_000, after = 0 } = {}) {
    const deadline = now() + within;
    for (;;) {
      const found = this.events.find((event) => event.at >= after && match(event));
      if (found) return found;
      if (this.end)
        throw new Error(`${this.name} ended (${JSON.stringify(this.end)}) before ${what}\n${this.report()}`);
      const left = deadline - now();
      if (left <= 0) throw new Error(`${this.name}: not within ${within} ms: ${what}\n${this.report()}`);
      await this.#change(left);
    }
  }

  #change(milliseconds) {
    return new Promise((done) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        done();
      };
      const timer = setTimeout(wake, milliseconds);
      this.#waiting.add(wake);
    });
  }

  /** Writes one line to its standard input. */
  say(line) {
    this.child.stdin.write(`${line}\n`);
  }

  /** Sends the signal and waits for the end; a program that ignores it for `within` is killed, and that is an error. */
  async stop(signal = 'SIGTERM', { within = 10_000 } = {}) {
    if (this.end) return this.end;
    this.child.kill(signal);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), within);
    const end = await this.exited;
    clearTimeout(timer);
    if (end.signal === 'SIGKILL' && signal !== 'SIGKILL')
      throw new Error(`${this.name} ignored ${signal} for ${within} ms\n${this.report()}`);
    return end;
  }

  report() {
    return `--- stdout of ${this.name}\n${this.stdout.slice(-2000)}--- stderr of ${this.name}\n${this.stderr.slice(-4000)}`;
  }

  /** Why this program is at fault by its own words, or undefined: a data race or a panic fails every test it appears in. */
  fault() {
    const at = this.stderr.search(/WARNING: DATA RACE|^panic: |^fatal error: /m);
    return at < 0 ? undefined : `${this.name}:\n${this.stderr.slice(at, at + 6000)}`;
  }
}
