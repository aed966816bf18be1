// Measures what docs/BENCHMARKS.md records. Run it by `make bench`; `node bench/main.js join` runs one part.
import { join } from './join.js';
import { discovery } from './discovery.js';

const parts = { join, discovery };
const wanted = process.argv.slice(2);
for (const [name, measure] of Object.entries(parts)) {
  if (wanted.length === 0 || wanted.includes(name)) await measure();
}
