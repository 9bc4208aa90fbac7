/** This project's own training step, where the place is a page. */
import { openPageStep } from '../../../dist/cli/page-step.js';
import { serve, step } from './contender.js';

const { runsOn, run } = await openPageStep(step);
await serve({ runsOn }, run);
