// Figures of a benchmark, said the same way everywhere.

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** Prints "name: median N ms (least to most of n)" and returns the median. */
export function report(name, values) {
  const ms = (value) => value.toFixed(0);
  const middle = median(values);
  console.log(
    `${name}: median ${ms(middle)} ms (${ms(Math.min(...values))} to ${ms(Math.max(...values))}, ${String(values.length)} runs)`,
  );
  return middle;
}
