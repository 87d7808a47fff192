// SQS by the AWS SDK for JavaScript v3: all 23 operations. The SDK itself compares the MD5 of each body that it sends and
// receives with SQS's answer, and throws when they differ.
import { createHash } from "node:crypto";
import * as sdk from "@aws-sdk/client-sqs";
import { equal, refused, run } from "./tally.mjs";

const account = process.env.AWS_ACCESS_KEY_ID;
const stranger = "555555555555";
const endpoint = process.env.AWS_ENDPOINT_URL;
const sqs = new sdk.SQS({ maxAttempts: 1 });
const other = new sdk.SQS({ maxAttempts: 1, credentials: { accessKeyId: stranger, secretAccessKey: "test" } });
const arn = (name) => `arn:aws:sqs:us-east-1:${account}:${name}`;
const create = async (QueueName, Attributes) => (await sqs.createQueue({ QueueName, Attributes })).QueueUrl;
const receive = async (QueueUrl, more = {}) =>
  (await sqs.receiveMessage({ QueueUrl, MaxNumberOfMessages: 10, ...more })).Messages ?? [];
const bodies = (messages) => messages.map((m) => m.Body);
const attribute = async (QueueUrl, name) =>
  (await sqs.getQueueAttributes({ QueueUrl, AttributeNames: [name] })).Attributes?.[name];
const md5 = (text) => createHash("md5").update(text).digest("hex");

async function queues() {
  const url = (await sqs.createQueue({ QueueName: "one", Attributes: { VisibilityTimeout: "45" }, tags: { a: "1" } })).QueueUrl;
  equal(url, `${endpoint}/${account}/one`, "queue URL");
  equal((await sqs.getQueueUrl({ QueueName: "one" })).QueueUrl, url, "getQueueUrl");
  equal(await attribute(url, "VisibilityTimeout"), "45", "attribute");
  equal(await attribute(url, "QueueArn"), arn("one"), "QueueArn");
  await sqs.setQueueAttributes({ QueueUrl: url, Attributes: { VisibilityTimeout: "60" } });
  equal(await attribute(url, "VisibilityTimeout"), "60", "changed attribute");
  await sqs.tagQueue({ QueueUrl: url, Tags: { b: "2" } });
  await sqs.untagQueue({ QueueUrl: url, TagKeys: ["a"] });
  equal((await sqs.listQueueTags({ QueueUrl: url })).Tags, { b: "2" }, "tags");
  for (let i = 0; i < 7; ++i) await create(`many-${i}`);
  const sizes = [];
  for await (const page of sdk.paginateListQueues({ client: sqs, pageSize: 3 }, { QueueNamePrefix: "many-" }))
    sizes.push(page.QueueUrls.length);
  equal(sizes, [3, 3, 1], "pages");
  equal((await sqs.listQueues({ QueueNamePrefix: "none" })).QueueUrls, undefined, "no queues");
  await sqs.deleteQueue({ QueueUrl: `${endpoint}/${account}/many-0` });
  await refused(sqs.getQueueUrl({ QueueName: "many-0" }), sdk.QueueDoesNotExist, {
    status: 400, text: "The specified queue does not exist.",
  });
  await refused(create("many-0"), sdk.QueueDeletedRecently);
  await refused(create("one", { VisibilityTimeout: "1" }), sdk.QueueNameExists);
  await refused(sqs.getQueueAttributes({ QueueUrl: url, AttributeNames: ["Colour"] }), sdk.InvalidAttributeName, {
    text: "Unknown Attribute Colour.",
  });
  await refused(sqs.setQueueAttributes({ QueueUrl: url, Attributes: { DelaySeconds: "901" } }), sdk.InvalidAttributeValue);
  // An error without a class has the code of the old protocol as its name.
  await refused(create("a b"), "InvalidParameterValue");
}

async function messages() {
  const QueueUrl = await create("messages");
  const MessageBody = "snow ☃ & <xml>";
  const sent = await sqs.sendMessage({
    QueueUrl, MessageBody,
    MessageAttributes: {
      kind: { DataType: "String", StringValue: "training" },
      raw: { DataType: "Binary", BinaryValue: Uint8Array.of(0, 255) },
    },
    MessageSystemAttributes: {
      AWSTraceHeader: { DataType: "String", StringValue: "Root=1-5759e988-bd862e3fe1be46a994272793" },
    },
  });
  equal(sent.MD5OfMessageBody, md5(MessageBody), "digest");
  const [got] = await receive(QueueUrl, { MessageAttributeNames: ["All"], MessageSystemAttributeNames: ["All"] });
  equal([got.Body, got.MessageId], [MessageBody, sent.MessageId], "message");
  equal(got.MD5OfMessageAttributes, sent.MD5OfMessageAttributes, "digest of attributes");
  equal([...got.MessageAttributes.raw.BinaryValue], [0, 255], "binary attribute");
  equal(got.Attributes.ApproximateReceiveCount, "1", "receive count");
  equal(got.Attributes.AWSTraceHeader, "Root=1-5759e988-bd862e3fe1be46a994272793", "trace header");
  equal(await receive(QueueUrl), [], "an invisible message");
  await sqs.changeMessageVisibility({ QueueUrl, ReceiptHandle: got.ReceiptHandle, VisibilityTimeout: 0 });
  const [again] = await receive(QueueUrl);
  equal(again.MessageId, got.MessageId, "visible again");
  await sqs.deleteMessage({ QueueUrl, ReceiptHandle: again.ReceiptHandle });
  equal(await attribute(QueueUrl, "ApproximateNumberOfMessagesNotVisible"), "0", "deleted");
  const waiting = receive(QueueUrl, { WaitTimeSeconds: 20 });
  await sqs.sendMessage({ QueueUrl, MessageBody: "woken", DelaySeconds: 1 });
  equal(bodies(await waiting), ["woken"], "a long poll gets a message whose delay ends");
  await refused(sqs.deleteMessage({ QueueUrl, ReceiptHandle: "garbage" }), sdk.ReceiptHandleIsInvalid, {
    status: 404, text: 'The input receipt handle "garbage" is not a valid receipt handle.',
  });
  await refused(sqs.sendMessage({ QueueUrl, MessageBody: "\u0001" }), sdk.InvalidMessageContents);
  await sqs.purgeQueue({ QueueUrl });
  await refused(sqs.purgeQueue({ QueueUrl }), sdk.PurgeQueueInProgress, { status: 403 });
}

async function batches() {
  const QueueUrl = await create("batches");
  const entries = (n, id = (i) => `${i}`) => Array.from({ length: n }, (_, i) => ({ Id: id(i), MessageBody: `b${i}` }));
  const sent = await sqs.sendMessageBatch({ QueueUrl, Entries: [...entries(3), { Id: "bad", MessageBody: "\u0001" }] });
  equal(sent.Successful.map((e) => e.MD5OfMessageBody), ["b0", "b1", "b2"].map(md5), "digests");
  equal(sent.Failed.map((e) => [e.Id, e.Code, e.SenderFault]), [["bad", "InvalidMessageContents", true]], "failed");
  const got = await receive(QueueUrl);
  equal(bodies(got).sort(), ["b0", "b1", "b2"], "bodies");
  const handles = got.map((m, i) => ({ Id: `${i}`, ReceiptHandle: m.ReceiptHandle }));
  const changed = await sqs.changeMessageVisibilityBatch({
    QueueUrl, Entries: handles.map((e) => ({ ...e, VisibilityTimeout: 0 })),
  });
  equal(changed.Successful.length, 3, "visibility batch");
  equal((await receive(QueueUrl)).length, 3, "visible again");
  const deleted = await sqs.deleteMessageBatch({ QueueUrl, Entries: [...handles, { Id: "bad", ReceiptHandle: "garbage" }] });
  equal([deleted.Successful.length, deleted.Failed.map((e) => e.Code)], [3, ["ReceiptHandleIsInvalid"]], "delete batch");
  await refused(sqs.sendMessageBatch({ QueueUrl, Entries: entries(11) }), sdk.TooManyEntriesInBatchRequest);
  await refused(sqs.sendMessageBatch({ QueueUrl, Entries: entries(2, () => "a") }), sdk.BatchEntryIdsNotDistinct);
  await refused(sqs.sendMessageBatch({ QueueUrl, Entries: entries(1, () => "a b") }), sdk.InvalidBatchEntryId);
  await refused(sqs.sendMessageBatch({ QueueUrl, Entries: [] }), sdk.EmptyBatchRequest);
  const long = ["a", "b"].map((Id) => ({ Id, MessageBody: "x".repeat(524289) }));
  await refused(sqs.sendMessageBatch({ QueueUrl, Entries: long }), sdk.BatchRequestTooLong);
}

async function fifo() {
  const QueueUrl = await create("ordered.fifo", { FifoQueue: "true", VisibilityTimeout: "60" });
  const send = (MessageGroupId, MessageBody) =>
    sqs.sendMessage({ QueueUrl, MessageGroupId, MessageBody, MessageDeduplicationId: MessageBody });
  const first = await send("a", "a1");
  await send("b", "b1");
  await send("a", "a2");
  equal((await send("a", "a1")).MessageId, first.MessageId, "a duplicate is answered like the first");
  equal(/^\d{20}$/.test(first.SequenceNumber), true, "sequence number");
  equal(bodies(await receive(QueueUrl, { MaxNumberOfMessages: 1 })), ["a1"], "the oldest");
  const replay = await receive(QueueUrl, { ReceiveRequestAttemptId: "x" });
  equal(bodies(replay), ["b1"], "group a is locked");
  const again = await receive(QueueUrl, { ReceiveRequestAttemptId: "x" });
  equal(again[0].ReceiptHandle, replay[0].ReceiptHandle, "the same attempt gets the same handles");
}

async function sharing() {
  const QueueUrl = await create("shared");
  await refused(other.sendMessage({ QueueUrl, MessageBody: "x" }), "AccessDenied", { status: 403 });
  await sqs.addPermission({ QueueUrl, Label: "send", AWSAccountIds: [stranger], Actions: ["SendMessage"] });
  await other.sendMessage({ QueueUrl, MessageBody: "from outside" });
  equal(bodies(await receive(QueueUrl)), ["from outside"], "let in");
  equal(JSON.parse(await attribute(QueueUrl, "Policy")).Statement[0].Sid, "send", "policy");
  await sqs.removePermission({ QueueUrl, Label: "send" });
  await refused(other.sendMessage({ QueueUrl, MessageBody: "x" }), "AccessDenied");
  const forged = new sdk.SQS({ maxAttempts: 1, credentials: { accessKeyId: account, secretAccessKey: "wrong" } });
  await refused(forged.listQueues({}), "SignatureDoesNotMatch", { status: 403 });
}

async function redrive() {
  const dead = await create("dead");
  const source = await create("source", {
    VisibilityTimeout: "0",
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: arn("dead"), maxReceiveCount: 1 }),
  });
  const listed = [];
  for await (const page of sdk.paginateListDeadLetterSourceQueues({ client: sqs, pageSize: 1 }, { QueueUrl: dead }))
    listed.push(...page.queueUrls);
  equal(listed, [source], "sources");
  for (const MessageBody of ["1", "2", "3"]) await sqs.sendMessage({ QueueUrl: source, MessageBody });
  await receive(source);
  await receive(source);
  equal(await attribute(dead, "ApproximateNumberOfMessages"), "3", "dead letters");
  const started = await sqs.startMessageMoveTask({ SourceArn: arn("dead"), MaxNumberOfMessagesPerSecond: 1 });
  const [task] = (await sqs.listMessageMoveTasks({ SourceArn: arn("dead") })).Results;
  equal([task.TaskHandle, task.Status, task.ApproximateNumberOfMessagesToMove], [started.TaskHandle, "RUNNING", 3], "task");
  const cancelled = await sqs.cancelMessageMoveTask({ TaskHandle: started.TaskHandle });
  equal(cancelled.ApproximateNumberOfMessagesMoved >= 1, true, "moved before it was cancelled");
  await refused(sqs.startMessageMoveTask({ SourceArn: arn("none") }), sdk.ResourceNotFoundException, { status: 404 });
}

await run([queues, messages, batches, fifo, sharing, redrive]);
