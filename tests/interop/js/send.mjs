// Sends messages (standard input, one per line) to a queue with the AWS SDK for JavaScript v3, in batches of ten.
// Prints how many SQS took, and the protocols that the SDK spoke, as one JSON object. Started by philly.py.
import { readFileSync } from "node:fs";
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";

const [endpoint, queue] = process.argv.slice(2);
const bodies = readFileSync(0, "utf8").split("\n").filter(Boolean);
const sqs = new SQSClient({ endpoint, region: "us-east-1", maxAttempts: 1 });
const protocols = new Set();
sqs.middlewareStack.add(
  (next) => async (args) => {
    const { headers } = args.request;
    protocols.add(`${headers["content-type"]} ${headers["x-amz-target"]}`);
    return next(args);
  },
  { step: "finalizeRequest", name: "see_protocol" },
);

let sent = 0;
for (let at = 0; at < bodies.length; at += 10) {
  const Entries = bodies.slice(at, at + 10).map((MessageBody, i) => ({ Id: String(i), MessageBody }));
  // The SDK compares the MD5 of each body with SQS's answer and throws when they differ.
  const answer = await sqs.send(new SendMessageBatchCommand({ QueueUrl: queue, Entries }));
  if (answer.Failed?.length) throw new Error(`SQS refused messages: ${JSON.stringify(answer.Failed)}`);
  sent += answer.Successful.length;
}
console.log(JSON.stringify({ sent, protocols: [...protocols] }));
