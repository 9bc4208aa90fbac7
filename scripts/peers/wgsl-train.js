/**
 * This project's own training step: a contender like the others, which scripts/bench.js starts in a process
 * of its own.
 */
const { runAsProcess } = await import('../../dist/cli/command.js');
const { contenderCommand } = await import('../../dist/cli/contender.js');
await runAsProcess(contenderCommand);
