// Reads cases from the file named, judges each with iam-simulate in its strict mode, prints the verdicts as JSON.
// What the simulator refuses to judge (an unknown action, condition key or resource type) is told as its errors.
import { readFileSync } from 'node:fs';
import { runSimulation } from '@cloud-copilot/iam-simulate';

const verdicts = [];
for (const { simulation } of JSON.parse(readFileSync(process.argv[2], 'utf8'))) {
  const answer = await runSimulation(simulation, { simulationMode: 'Strict' });
  verdicts.push(answer.resultType === 'error'
    ? { error: JSON.stringify(answer.errors) }
    : { result: answer.overallResult, ignored: answer.result?.ignoredContextKeys ?? answer.results[0]?.ignoredContextKeys ?? [] });
}
console.log(JSON.stringify(verdicts));
