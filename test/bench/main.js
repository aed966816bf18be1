// Measures what docs/BENCHMARKS.md records. Run it by `make bench`; `node bench/main.js join` runs one part.
import { join } from './join.js';
import { echo } from './echo.js';
import { idle } from './idle.js';
import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { discovery } from './discovery.js';
import { load } from './load.js';
import { lobby } from './lobby.js';
import { loss } from './loss.js';
import { quiet } from './quiet.js';
import { switches } from './switches.js';
import { window } from './window.js';

const parts = { join, discovery, quiet, lobby, loss, switches, load, window, echo, idle };
/** Clock ticks of all processors so far, by what they were spent on (proc(5)); undefined where there is no /proc. */
function ticks() {
  try {
    const line = readFileSync('/proc/stat', 'utf8').split('\n')[0].trim().split(/\s+/).slice(1).map(Number);
    const [user, nice, system, idle, wait, , , steal] = line;
    return { busy: user + nice + system, idle: idle + wait, steal };
  } catch {
    return undefined;
  }
}

const before = ticks();
const wanted = process.argv.slice(2);
for (const [name, measure] of Object.entries(parts)) {
  // The window needs a program of its own, and an hour.
  if (wanted.includes(name) || (wanted.length === 0 && !['window', 'echo', 'idle'].includes(name))) await measure();
}

// A figure is worth what the machine was: processes that waited for a processor say nothing of Earshot.
const after = ticks();
if (before && after && after.busy > before.busy) {
  const spent = Object.fromEntries(Object.keys(after).map((key) => [key, after[key] - before[key]]));
  const share = (part) => `${((100 * part) / (spent.busy + spent.idle + spent.steal)).toFixed(0)} %`;
  console.log(
    `Machine: ${String(cpus().length)} processors, ${share(spent.busy)} busy, ${share(spent.idle)} idle, ` +
      `${share(spent.steal)} taken by other virtual machines`,
  );
}
