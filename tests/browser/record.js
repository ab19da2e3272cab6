/** Keep what was measured in a browser for the page that states it, as tests/benchmarks/record.py does. */

import { writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/**
 * What was measured, beside what it may be at most, or must be at least.
 * @typedef {{what: string, measured: number, limit: number, unit?: string, at_least?: boolean}} Limited
 */

/** Whether what was measured is on the right side of its limit. */
const isMet = ({ measured, limit, at_least = false }) => (at_least ? measured >= limit : measured <= limit);

/** Write what was measured in place of what was there, if all limits are met; say whether they are. */
export function renew(name, limits, versions = {}) {
  const found = {
    date: new Date().toISOString().slice(0, 10),
    versions: { "Node.js": process.versions.node, ...versions },
    machine: process.arch === "x64" ? "x86_64" : process.arch,
    processors: availableParallelism(),
    limits: limits.map((one) => ({ unit: "", at_least: false, ...one })),
  };
  const missed = limits.filter((one) => !isMet(one));
  for (const one of missed) console.error(`NOT MET, and not recorded: ${JSON.stringify(one)}`);
  const place = new URL(`../../docs/measured/${name}.json`, import.meta.url);
  if (missed.length === 0) writeFileSync(place, `${JSON.stringify(found, null, 2)}\n`);
  return missed.length === 0;
}
