// sqs-consumer, a library that many Node services read SQS with: 500 messages through its two kinds of handler, some of
// which always fail and end in a dead-letter queue.
import * as sdk from "@aws-sdk/client-sqs";
import { Consumer } from "sqs-consumer";
import { equal, run } from "./tally.mjs";

const SECONDS_MAX = 60;
const sqs = new sdk.SQS({});
const arn = (name) => `arn:aws:sqs:us-east-1:${process.env.AWS_ACCESS_KEY_ID}:${name}`;

async function fill(name, count, attributes) {
  const dead = (await sqs.createQueue({ QueueName: `${name}-dead` })).QueueUrl;
  const url = (await sqs.createQueue({
    QueueName: name,
    Attributes: {
      RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn(`${name}-dead`), maxReceiveCount: 3 }), ...attributes,
    },
  })).QueueUrl;
  for (let at = 0; at < count; at += 10) {
    const Entries = Array.from({ length: 10 }, (_, i) => ({
      Id: `${i}`, MessageBody: `${at + i}`,
      MessageAttributes: { number: { DataType: "Number", StringValue: `${at + i}` } },
    }));
    await sqs.sendMessageBatch({ QueueUrl: url, Entries });
  }
  return { url, dead };
}

async function left(QueueUrl) {
  const AttributeNames = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"];
  const { Attributes } = await sqs.getQueueAttributes({ QueueUrl, AttributeNames });
  return AttributeNames.map((n) => Number(Attributes[n]));
}

async function drain(QueueUrl) {
  const seen = [];
  for (;;) {
    const { Messages } = await sqs.receiveMessage({
      QueueUrl, MaxNumberOfMessages: 10, MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"],
    });
    if (!Messages) return seen;
    seen.push(...Messages);
  }
}

// Runs consumers until the queue is empty and gives back what they reported.
async function consume(url, how_many, options) {
  const events = { errors: [], handled: 0 };
  let emptied;
  const done = new Promise((resolve) => (emptied = resolve));
  const consumers = Array.from({ length: how_many }, () => Consumer.create({
    queueUrl: url, sqs, batchSize: 10, waitTimeSeconds: 1, messageAttributeNames: ["All"],
    messageSystemAttributeNames: ["ApproximateReceiveCount"], ...options,
  }));
  for (const consumer of consumers) {
    consumer.on("error", (e) => events.errors.push(e.message));
    consumer.on("message_processed", () => ++events.handled);
    consumer.on("empty", async () => {
      const [visible, in_flight] = await left(url);
      if (visible + in_flight === 0) emptied(true);
    });
    consumer.start();
  }
  const bound = setTimeout(() => emptied(false), SECONDS_MAX * 1000);
  equal(await done, true, `the queue was emptied within ${SECONDS_MAX} s`);
  clearTimeout(bound);
  await Promise.all(consumers.map((c) => new Promise((stopped) => {
    c.once("stopped", stopped);
    c.stop();
  })));
  return events;
}

const numbers = (count, wanted) => Array.from({ length: count }, (_, i) => i).filter(wanted);
const sorted = (list) => [...list].sort((a, b) => a - b);

async function batch_handler() {
  const { url, dead } = await fill("batch", 300, { VisibilityTimeout: "1" });
  const poison = (n) => n % 10 === 7;
  const done = [];
  const tries = new Map();
  const events = await consume(url, 3, {
    // What is not given back stays in the queue and comes again after its visibility timeout.
    handleMessageBatch: async (messages) => {
      for (const m of messages) tries.set(Number(m.Body), (tries.get(Number(m.Body)) ?? 0) + 1);
      const good = messages.filter((m) => !poison(Number(m.MessageAttributes.number.StringValue)));
      done.push(...good.map((m) => Number(m.Body)));
      return good;
    },
  });
  equal(events.errors, [], "errors");
  equal(sorted(done), numbers(300, (n) => !poison(n)), "each good message was handled once");
  equal(sorted([...tries].filter(([, t]) => t === 3).map(([n]) => n)), numbers(300, poison), "the others were tried thrice");
  const buried = await drain(dead);
  equal(sorted(buried.map((m) => Number(m.Body))), numbers(300, poison), "and lie in the dead-letter queue");
  equal(new Set(buried.map((m) => m.Attributes.DeadLetterQueueSourceArn)), new Set([arn("batch")]), "where they came from");
  equal(buried[0].MessageAttributes.number.StringValue, buried[0].Body, "attributes of dead letters");
}

async function single_handler() {
  const { url, dead } = await fill("single", 200, { VisibilityTimeout: "60" });
  const flaky = (n) => n % 10 === 3;
  const poison = (n) => n % 20 === 9;
  const done = [];
  const events = await consume(url, 2, {
    terminateVisibilityTimeout: true, // a failed message is visible again at once
    visibilityTimeout: 30,
    heartbeatInterval: 10,
    handleMessage: async (m) => {
      const n = Number(m.Body);
      if (poison(n) || (flaky(n) && m.Attributes.ApproximateReceiveCount === "1")) throw new Error(`cannot do ${n}`);
      done.push(n);
      return m;
    },
  });
  equal(sorted(done), numbers(200, (n) => !poison(n)), "each good message was handled once, the flaky ones at last");
  equal(events.handled, done.length, "what the library counted");
  equal(sorted((await drain(dead)).map((m) => Number(m.Body))), numbers(200, poison), "dead letters");
  equal(await left(url), [0, 0], "nothing is left");
}

async function fifo_handler() {
  const url = (await sqs.createQueue({
    QueueName: "ordered.fifo", Attributes: { FifoQueue: "true", ContentBasedDeduplication: "true" },
  })).QueueUrl;
  for (let n = 0; n < 60; n += 10) {
    await sqs.sendMessageBatch({
      QueueUrl: url,
      Entries: Array.from({ length: 10 }, (_, i) => ({ Id: `${i}`, MessageBody: `${n + i}`, MessageGroupId: `g${i % 3}` })),
    });
  }
  const groups = { g0: [], g1: [], g2: [] };
  await consume(url, 3, {
    suppressFifoWarning: true,
    messageSystemAttributeNames: ["MessageGroupId"],
    handleMessageBatch: async (messages) => {
      for (const m of messages) groups[m.Attributes.MessageGroupId].push(Number(m.Body));
      return messages;
    },
  });
  for (const [group, order] of Object.entries(groups)) {
    equal(order, numbers(60, (n) => `g${(n % 10) % 3}` === group), `${group} in order over three consumers, nothing twice`);
  }
}

await run([batch_handler, single_handler, fifo_handler]);
