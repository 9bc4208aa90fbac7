/**
 * This project's own training step: a contender like the others, which scripts/bench.js starts in a process
 * of its own.
 */
const { main } = await import('../../dist/cli/main.js');
await main('contender');
