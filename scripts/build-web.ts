import { buildWeb } from './run.ts';

const outcome = await buildWeb();
if (outcome.code !== 0) console.error(outcome.output);
process.exitCode = outcome.code;
