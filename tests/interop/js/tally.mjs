// Assertions that are counted; see tally.py.
import assert from "node:assert/strict";

let count = 0;

export function equal(actual, wanted, what) {
  ++count;
  assert.deepEqual(actual, wanted, `${what}: ${JSON.stringify(actual)}, expected ${JSON.stringify(wanted)}`);
}

// An error of this class of the SDK, and where given with this status and text.
export async function refused(promise, kind, { status, text } = {}) {
  let answer;
  try {
    answer = await promise;
  } catch (e) {
    const what = `${e.name}: ${e.message}`;
    if (typeof kind === "string") equal(e.name, kind, what);
    else equal(e instanceof kind, true, `${what} is a ${kind.name}`);
    if (status) equal(e.$metadata.httpStatusCode, status, `status of ${what}`);
    if (text) equal(e.message, text, `text of ${what}`);
    return e;
  }
  throw new Error(`${JSON.stringify(answer)}, expected ${kind.name ?? kind}`);
}

// Runs every part, also after one has failed.
export async function run(parts) {
  const failed = [];
  for (const part of parts) {
    const before = count;
    try {
      await part();
      console.log(`${part.name}: ok, ${count - before} assertions`);
    } catch (e) {
      failed.push(part.name);
      console.log(`${part.name}: ${e.stack}`);
    }
  }
  if (failed.length) throw new Error(failed.join(", "));
  console.log(`${count} assertions`);
}
