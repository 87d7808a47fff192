import static java.util.stream.Collectors.toList;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.IntStream;

import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.retries.DefaultRetryStrategy;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.SqsClient;
import software.amazon.awssdk.services.sqs.batchmanager.SqsAsyncBatchManager;
import software.amazon.awssdk.services.sqs.model.BatchEntryIdsNotDistinctException;
import software.amazon.awssdk.services.sqs.model.BatchRequestTooLongException;
import software.amazon.awssdk.services.sqs.model.ChangeMessageVisibilityBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.EmptyBatchRequestException;
import software.amazon.awssdk.services.sqs.model.InvalidAttributeNameException;
import software.amazon.awssdk.services.sqs.model.InvalidAttributeValueException;
import software.amazon.awssdk.services.sqs.model.InvalidBatchEntryIdException;
import software.amazon.awssdk.services.sqs.model.InvalidMessageContentsException;
import software.amazon.awssdk.services.sqs.model.ListMessageMoveTasksResultEntry;
import software.amazon.awssdk.services.sqs.model.Message;
import software.amazon.awssdk.services.sqs.model.MessageAttributeValue;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeName;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeNameForSends;
import software.amazon.awssdk.services.sqs.model.MessageSystemAttributeValue;
import software.amazon.awssdk.services.sqs.model.PurgeQueueInProgressException;
import software.amazon.awssdk.services.sqs.model.QueueAttributeName;
import software.amazon.awssdk.services.sqs.model.QueueDeletedRecentlyException;
import software.amazon.awssdk.services.sqs.model.QueueDoesNotExistException;
import software.amazon.awssdk.services.sqs.model.QueueNameExistsException;
import software.amazon.awssdk.services.sqs.model.ReceiptHandleIsInvalidException;
import software.amazon.awssdk.services.sqs.model.ReceiveMessageRequest;
import software.amazon.awssdk.services.sqs.model.ResourceNotFoundException;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchRequestEntry;
import software.amazon.awssdk.services.sqs.model.SendMessageBatchResponse;
import software.amazon.awssdk.services.sqs.model.SendMessageResponse;
import software.amazon.awssdk.services.sqs.model.TooManyEntriesInBatchRequestException;

/**
 * SQS by the AWS SDK for Java v2: all 23 operations, and the batch manager that gathers single calls into batches. The SDK
 * itself compares the MD5 of each body and of the attributes with SQS's answer, and throws when they differ.
 */
final class Sqs {
    private static final String ACCOUNT = System.getenv("AWS_ACCESS_KEY_ID");
    private static final String STRANGER = "555555555555";
    private static final String TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793";
    private static final int MANAGED = 200; // messages through the batch manager

    private static final SqsClient sqs = connect(ACCOUNT, "test");
    private static final SqsClient other = connect(STRANGER, "test");

    private static SqsClient connect(String id, String secret) {
        return SqsClient.builder()
                .credentialsProvider(StaticCredentialsProvider.create(AwsBasicCredentials.create(id, secret)))
                .overrideConfiguration(c -> c.retryStrategy(DefaultRetryStrategy.doNotRetry()))
                .build();
    }

    private static String arn(String name) {
        return "arn:aws:sqs:us-east-1:" + ACCOUNT + ":" + name;
    }

    private static String create(String name, Map<QueueAttributeName, String> attributes) {
        return sqs.createQueue(r -> r.queueName(name).attributes(attributes)).queueUrl();
    }

    private static List<Message> receive(String url, Consumer<ReceiveMessageRequest.Builder> more) {
        return sqs.receiveMessage(r -> {
            r.queueUrl(url).maxNumberOfMessages(10);
            more.accept(r);
        }).messages();
    }

    private static List<Message> receive(String url) {
        return receive(url, r -> {});
    }

    private static List<String> bodies(List<Message> messages) {
        return messages.stream().map(Message::body).sorted().collect(toList());
    }

    private static String attribute(String url, QueueAttributeName name) {
        return sqs.getQueueAttributes(r -> r.queueUrl(url).attributeNames(name)).attributes().get(name);
    }

    private static String md5(String text) throws Exception {
        return HexFormat.of().formatHex(MessageDigest.getInstance("MD5").digest(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static void queues() throws Exception {
        String url = sqs.createQueue(r -> r.queueName("one").tags(Map.of("a", "1"))
                .attributes(Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "45"))).queueUrl();
        Tally.equal(url, System.getenv("AWS_ENDPOINT_URL") + "/" + ACCOUNT + "/one", "queue URL");
        Tally.equal(sqs.getQueueUrl(r -> r.queueName("one")).queueUrl(), url, "getQueueUrl");
        Tally.equal(attribute(url, QueueAttributeName.VISIBILITY_TIMEOUT), "45", "attribute");
        Tally.equal(attribute(url, QueueAttributeName.QUEUE_ARN), arn("one"), "QueueArn");
        sqs.setQueueAttributes(r -> r.queueUrl(url).attributes(Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "60")));
        Tally.equal(attribute(url, QueueAttributeName.VISIBILITY_TIMEOUT), "60", "changed attribute");
        sqs.tagQueue(r -> r.queueUrl(url).tags(Map.of("b", "2")));
        sqs.untagQueue(r -> r.queueUrl(url).tagKeys("a"));
        Tally.equal(sqs.listQueueTags(r -> r.queueUrl(url)).tags(), Map.of("b", "2"), "tags");
        for (int i = 0; i < 7; ++i) create("many-" + i, Map.of());
        List<Integer> sizes = sqs.listQueuesPaginator(r -> r.queueNamePrefix("many-").maxResults(3)).stream()
                .map(page -> page.queueUrls().size()).collect(toList());
        Tally.equal(sizes, List.of(3, 3, 1), "pages");
        Tally.equal(sqs.listQueues(r -> r.queueNamePrefix("none")).hasQueueUrls(), false, "no queues");
        sqs.deleteQueue(r -> r.queueUrl(url.replace("/one", "/many-0")));
        QueueDoesNotExistException gone = Tally.refused(QueueDoesNotExistException.class,
                () -> sqs.getQueueUrl(r -> r.queueName("many-0")));
        Tally.equal(gone.awsErrorDetails().errorMessage(), "The specified queue does not exist.", "text");
        Tally.equal(gone.awsErrorDetails().errorCode(), "AWS.SimpleQueueService.NonExistentQueue", "code");
        Tally.refused(QueueDeletedRecentlyException.class, () -> create("many-0", Map.of()));
        Tally.refused(QueueNameExistsException.class,
                () -> create("one", Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "1")));
        Tally.equal(Tally.refused(InvalidAttributeNameException.class, () -> sqs.getQueueAttributes(
                r -> r.queueUrl(url).attributeNamesWithStrings("Colour"))).awsErrorDetails().errorMessage(),
                "Unknown Attribute Colour.", "text");
        Tally.refused(InvalidAttributeValueException.class, () -> sqs.setQueueAttributes(
                r -> r.queueUrl(url).attributes(Map.of(QueueAttributeName.DELAY_SECONDS, "901"))));
        Tally.refused("InvalidParameterValue", 400, () -> create("a b", Map.of()));
        Tally.refused("SignatureDoesNotMatch", 403, () -> connect(ACCOUNT, "wrong").listQueues());
    }

    private static void messages() throws Exception {
        String url = create("messages", Map.of());
        String body = "snow ☃ & <xml>";
        SendMessageResponse sent = sqs.sendMessage(r -> r.queueUrl(url).messageBody(body)
                .messageAttributes(Map.of(
                        "kind", MessageAttributeValue.builder().dataType("String").stringValue("training").build(),
                        "raw", MessageAttributeValue.builder().dataType("Binary")
                                .binaryValue(SdkBytes.fromByteArray(new byte[] {0, -1})).build()))
                .messageSystemAttributes(Map.of(MessageSystemAttributeNameForSends.AWS_TRACE_HEADER,
                        MessageSystemAttributeValue.builder().dataType("String").stringValue(TRACE).build())));
        Tally.equal(sent.md5OfMessageBody(), md5(body), "digest");
        Message got = receive(url, r -> r.messageAttributeNames("All")
                .messageSystemAttributeNames(MessageSystemAttributeName.ALL)).get(0);
        Tally.equal(got.body(), body, "body");
        Tally.equal(got.messageId(), sent.messageId(), "id");
        Tally.equal(got.md5OfMessageAttributes(), sent.md5OfMessageAttributes(), "digest of attributes");
        Tally.equal(got.messageAttributes().get("raw").binaryValue(), SdkBytes.fromByteArray(new byte[] {0, -1}), "binary");
        Tally.equal(got.attributes().get(MessageSystemAttributeName.APPROXIMATE_RECEIVE_COUNT), "1", "receive count");
        Tally.equal(got.attributes().get(MessageSystemAttributeName.AWS_TRACE_HEADER), TRACE, "trace header");
        Tally.equal(receive(url), List.of(), "an invisible message");
        sqs.changeMessageVisibility(r -> r.queueUrl(url).receiptHandle(got.receiptHandle()).visibilityTimeout(0));
        Message again = receive(url).get(0);
        Tally.equal(again.messageId(), got.messageId(), "visible again");
        sqs.deleteMessage(r -> r.queueUrl(url).receiptHandle(again.receiptHandle()));
        Tally.equal(attribute(url, QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE), "0", "deleted");
        CompletableFuture<List<Message>> waiting =
                CompletableFuture.supplyAsync(() -> receive(url, r -> r.waitTimeSeconds(20)));
        sqs.sendMessage(r -> r.queueUrl(url).messageBody("woken").delaySeconds(1));
        Tally.equal(bodies(waiting.get(30, TimeUnit.SECONDS)), List.of("woken"), "a long poll gets a delayed message");
        Tally.equal(Tally.refused(ReceiptHandleIsInvalidException.class, () -> sqs.deleteMessage(
                r -> r.queueUrl(url).receiptHandle("garbage"))).statusCode(), 404, "status");
        Tally.refused(InvalidMessageContentsException.class, () -> sqs.sendMessage(
                r -> r.queueUrl(url).messageBody("\u0001")));
        sqs.purgeQueue(r -> r.queueUrl(url));
        Tally.equal(Tally.refused(PurgeQueueInProgressException.class,
                () -> sqs.purgeQueue(r -> r.queueUrl(url))).statusCode(), 403, "status");
    }

    private static List<SendMessageBatchRequestEntry> entries(int n, String body) {
        return IntStream.range(0, n).mapToObj(i -> SendMessageBatchRequestEntry.builder().id("" + i)
                .messageBody(body.isEmpty() ? "b" + i : body).build()).collect(toList());
    }

    private static SendMessageBatchRequestEntry entry(String id, String body) {
        return SendMessageBatchRequestEntry.builder().id(id).messageBody(body).build();
    }

    private static void batches() throws Exception {
        String url = create("batches", Map.of());
        List<SendMessageBatchRequestEntry> four = new ArrayList<>(entries(3, ""));
        four.add(entry("bad", "\u0001"));
        SendMessageBatchResponse sent = sqs.sendMessageBatch(r -> r.queueUrl(url).entries(four));
        Tally.equal(sent.successful().stream().map(e -> e.id()).collect(toList()), List.of("0", "1", "2"), "successful");
        Tally.equal(sent.failed().get(0).code(), "InvalidMessageContents", "failed");
        Tally.equal(sent.failed().get(0).senderFault(), true, "the sender's fault");
        List<Message> got = receive(url);
        Tally.equal(bodies(got), List.of("b0", "b1", "b2"), "bodies");
        List<ChangeMessageVisibilityBatchRequestEntry> changes = got.stream()
                .map(m -> ChangeMessageVisibilityBatchRequestEntry.builder().id(m.messageId())
                        .receiptHandle(m.receiptHandle()).visibilityTimeout(0).build())
                .collect(toList());
        Tally.equal(sqs.changeMessageVisibilityBatch(r -> r.queueUrl(url).entries(changes)).successful().size(), 3,
                "visibility batch");
        Tally.equal(receive(url).size(), 3, "visible again");
        var deleted = sqs.deleteMessageBatch(r -> r.queueUrl(url).entries(
                e -> e.id("good").receiptHandle(got.get(0).receiptHandle()), e -> e.id("bad").receiptHandle("garbage")));
        Tally.equal(deleted.successful().get(0).id(), "good", "deleted");
        Tally.equal(deleted.failed().get(0).code(), "ReceiptHandleIsInvalid", "not deleted");
        Tally.refused(TooManyEntriesInBatchRequestException.class,
                () -> sqs.sendMessageBatch(r -> r.queueUrl(url).entries(entries(11, ""))));
        Tally.refused(BatchEntryIdsNotDistinctException.class,
                () -> sqs.sendMessageBatch(r -> r.queueUrl(url).entries(entry("a", "1"), entry("a", "2"))));
        Tally.refused(InvalidBatchEntryIdException.class,
                () -> sqs.sendMessageBatch(r -> r.queueUrl(url).entries(entry("a b", "1"))));
        Tally.refused(EmptyBatchRequestException.class,
                () -> sqs.sendMessageBatch(r -> r.queueUrl(url).entries(List.of())));
        Tally.refused(BatchRequestTooLongException.class,
                () -> sqs.sendMessageBatch(r -> r.queueUrl(url).entries(entries(2, "x".repeat(524289)))));
    }

    private static void fifo() throws Exception {
        String url = create("ordered.fifo", Map.of(QueueAttributeName.FIFO_QUEUE, "true"));
        List<SendMessageResponse> sent = new ArrayList<>();
        for (String body : List.of("a1", "b1", "a2", "a1"))
            sent.add(sqs.sendMessage(r -> r.queueUrl(url).messageBody(body).messageGroupId(body.substring(0, 1))
                    .messageDeduplicationId(body)));
        Tally.equal(sent.get(3).messageId(), sent.get(0).messageId(), "a duplicate is answered like the first");
        Tally.equal(sent.get(0).sequenceNumber().compareTo(sent.get(2).sequenceNumber()) < 0, true, "sequence numbers");
        List<Message> one = receive(url, r -> r.maxNumberOfMessages(1));
        Tally.equal(bodies(one), List.of("a1"), "the oldest");
        Tally.equal(bodies(receive(url)), List.of("b1"), "group a is locked");
        sqs.deleteMessage(r -> r.queueUrl(url).receiptHandle(one.get(0).receiptHandle()));
        Tally.equal(bodies(receive(url)), List.of("a2"), "group a goes on");
    }

    private static void sharing() throws Exception {
        String url = create("shared", Map.of());
        Tally.refused("AccessDenied", 403, () -> other.sendMessage(r -> r.queueUrl(url).messageBody("x")));
        sqs.addPermission(r -> r.queueUrl(url).label("send").awsAccountIds(STRANGER).actions("SendMessage"));
        other.sendMessage(r -> r.queueUrl(url).messageBody("from outside"));
        Tally.equal(bodies(receive(url)), List.of("from outside"), "let in");
        Tally.equal(attribute(url, QueueAttributeName.POLICY).contains("\"Action\":\"SQS:SendMessage\""), true, "policy");
        sqs.removePermission(r -> r.queueUrl(url).label("send"));
        Tally.refused("AccessDenied", 403, () -> other.sendMessage(r -> r.queueUrl(url).messageBody("x")));
    }

    private static void redrive() throws Exception {
        String dead = create("dead", Map.of());
        String source = create("source", Map.of(QueueAttributeName.VISIBILITY_TIMEOUT, "0", QueueAttributeName.REDRIVE_POLICY,
                "{\"deadLetterTargetArn\":\"" + arn("dead") + "\",\"maxReceiveCount\":1}"));
        Tally.equal(sqs.listDeadLetterSourceQueuesPaginator(r -> r.queueUrl(dead).maxResults(1)).queueUrls().stream()
                .collect(toList()), List.of(source), "sources");
        for (String body : List.of("1", "2", "3")) sqs.sendMessage(r -> r.queueUrl(source).messageBody(body));
        receive(source);
        receive(source);
        Tally.equal(attribute(dead, QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES), "3", "dead letters");
        String handle = sqs.startMessageMoveTask(r -> r.sourceArn(arn("dead")).maxNumberOfMessagesPerSecond(1)).taskHandle();
        ListMessageMoveTasksResultEntry task = sqs.listMessageMoveTasks(r -> r.sourceArn(arn("dead"))).results().get(0);
        Tally.equal(task.taskHandle(), handle, "handle");
        Tally.equal(task.status(), "RUNNING", "status");
        Tally.equal(task.approximateNumberOfMessagesToMove(), 3L, "to move");
        Tally.equal(sqs.cancelMessageMoveTask(r -> r.taskHandle(handle)).approximateNumberOfMessagesMoved() >= 1, true, "moved");
        Tally.refused(ResourceNotFoundException.class, () -> sqs.startMessageMoveTask(r -> r.sourceArn(arn("none"))));
    }

    /** Single sends, receives and deletes that the SDK gathers into batches behind the caller's back. */
    private static void batchManager() throws Exception {
        String url = create("managed", Map.of());
        ScheduledExecutorService executor = Executors.newScheduledThreadPool(2);
        try (SqsAsyncClient async = SqsAsyncClient.create();
                SqsAsyncBatchManager manager = SqsAsyncBatchManager.builder().client(async).scheduledExecutor(executor)
                        .overrideConfiguration(c -> c.sendRequestFrequency(Duration.ofMillis(50))
                                .receiveMessageMinWaitDuration(Duration.ofMillis(200))).build()) {
            List<CompletableFuture<SendMessageResponse>> sends = new ArrayList<>();
            for (int i = 0; i < MANAGED; ++i) {
                String body = "m" + i;
                sends.add(manager.sendMessage(r -> r.queueUrl(url).messageBody(body)));
            }
            Set<String> sent = new HashSet<>();
            for (var send : sends) sent.add(send.get(30, TimeUnit.SECONDS).messageId());
            Tally.equal(sent.size(), MANAGED, "each send has a message of its own");
            Tally.equal(sends.get(7).get().md5OfMessageBody(), md5("m7"), "each answer belongs to its send");
            Set<String> seen = new HashSet<>();
            List<CompletableFuture<?>> deletes = new ArrayList<>();
            int received = 0;
            while (received < MANAGED) {
                List<Message> got = manager.receiveMessage(r -> r.queueUrl(url)).get(30, TimeUnit.SECONDS).messages();
                received += got.size();
                for (Message m : got) {
                    seen.add(m.messageId());
                    deletes.add(manager.deleteMessage(r -> r.queueUrl(url).receiptHandle(m.receiptHandle())));
                }
            }
            Tally.equal(seen, sent, "what was sent was received");
            Tally.equal(received, MANAGED, "each once");
            for (var delete : deletes) delete.get(30, TimeUnit.SECONDS);
            Tally.equal(attribute(url, QueueAttributeName.APPROXIMATE_NUMBER_OF_MESSAGES_NOT_VISIBLE), "0", "all deleted");
            CompletableFuture<?> bad = manager.deleteMessage(r -> r.queueUrl(url).receiptHandle("garbage"));
            try {
                bad.get(30, TimeUnit.SECONDS);
                throw new AssertionError("a handle that is none was taken");
            } catch (ExecutionException e) {
                Tally.equal(e.getCause().getMessage().contains("not a valid receipt handle"), true, e.toString());
            }
        } finally {
            executor.shutdownNow();
        }
    }

    public static void main(String[] args) {
        Tally.run(List.of(new Tally.Part("queues", Sqs::queues), new Tally.Part("messages", Sqs::messages),
                new Tally.Part("batches", Sqs::batches), new Tally.Part("fifo", Sqs::fifo),
                new Tally.Part("sharing", Sqs::sharing), new Tally.Part("redrive", Sqs::redrive),
                new Tally.Part("batch manager", Sqs::batchManager)));
    }
}
