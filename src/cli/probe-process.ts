/**
 * The probe as a process of its own: a driver that crashes ends it, and not the doctor. One JSON record per
 * line on stdout; what drivers say goes to stderr. `node probe-process.js [ADAPTER]`
 */
import { probe } from '../tools/doctor/probe.js';

const [adapter] = process.argv.slice(2);
await probe(adapter, (record) => {
  process.stdout.write(`${JSON.stringify(record)}\n`);
});
