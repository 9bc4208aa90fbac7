/** Trains as scripts/train.js does, up to the first step, and tells when it got where; scripts/bench.js --start runs it. */
import { performance } from 'node:perf_hooks';

performance.mark('first line');
const { main } = await import('../../dist/cli/main.js');
performance.mark('command line loaded');
await main('start-trace');
