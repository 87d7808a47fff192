// AWS SDK for JavaScript v3; see README.md.
import { createInterface } from "node:readline";
import { DeleteMessageBatchCommand, ReceiveMessageCommand, SQSClient } from "@aws-sdk/client-sqs";

const [endpoint, QueueUrl] = process.argv.slice(2);
const workers = 8;
const sqs = new SQSClient({ endpoint, region: "us-east-1" });

async function drain(wanted) {
  let deleted = 0;
  const work = async () => {
    while (deleted < wanted) {
      const { Messages = [] } = await sqs.send(
        new ReceiveMessageCommand({ QueueUrl, MaxNumberOfMessages: 10, WaitTimeSeconds: 1 }),
      );
      if (!Messages.length) continue;
      const Entries = Messages.map((m, i) => ({ Id: String(i), ReceiptHandle: m.ReceiptHandle }));
      const answer = await sqs.send(new DeleteMessageBatchCommand({ QueueUrl, Entries }));
      deleted += answer.Successful.length;
    }
  };
  await Promise.all(Array.from({ length: workers }, work));
  return deleted;
}

for await (const line of createInterface({ input: process.stdin })) {
  const [command, count] = line.split(" ");
  if (command !== "drain") throw new Error(`cannot ${line}`);
  const cpu = process.cpuUsage();
  const began = performance.now();
  const messages = await drain(Number(count));
  const used = process.cpuUsage(cpu);
  const seconds = (performance.now() - began) / 1e3;
  console.log(JSON.stringify({ messages, seconds, cpu_seconds: (used.user + used.system) / 1e6 }));
}
