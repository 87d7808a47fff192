// SQS by the AWS SDK for Go v2: all 23 operations. The SDK itself compares the MD5 of each body that it sends and receives
// with SQS's answer, and fails when they differ.
package main

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	t "trainyard/interop/tally"
)

const (
	stranger   = "555555555555"
	trace      = "Root=1-5759e988-bd862e3fe1be46a994272793"
	secondsMax = 80
)

var (
	ctx     context.Context
	account = os.Getenv("AWS_ACCESS_KEY_ID")
	client  *sqs.Client
	other   *sqs.Client
)

func connect(id, secret string) *sqs.Client {
	c := t.Must(config.LoadDefaultConfig(ctx, config.WithRetryMaxAttempts(1),
		config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider(id, secret, ""))))
	return sqs.NewFromConfig(c)
}

func arn(name string) string { return fmt.Sprintf("arn:aws:sqs:us-east-1:%s:%s", account, name) }

func hash(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

func create(name string, attributes map[string]string) *string {
	return t.Must(client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})).QueueUrl
}

func receive(from *sqs.Client, url *string, change func(*sqs.ReceiveMessageInput)) []types.Message {
	in := &sqs.ReceiveMessageInput{QueueUrl: url, MaxNumberOfMessages: 10}
	if change != nil {
		change(in)
	}
	return t.Must(from.ReceiveMessage(ctx, in)).Messages
}

func bodies(messages []types.Message) (out []string) {
	for _, m := range messages {
		out = append(out, *m.Body)
	}
	return out
}

func attribute(url *string, name types.QueueAttributeName) string {
	return t.Must(client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{
		QueueUrl: url, AttributeNames: []types.QueueAttributeName{name}})).Attributes[string(name)]
}

func queues() {
	made := t.Must(client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("one"),
		Attributes: map[string]string{"VisibilityTimeout": "45"}, Tags: map[string]string{"a": "1"}}))
	url := made.QueueUrl
	t.Equal(*url, fmt.Sprintf("%s/%s/one", os.Getenv("AWS_ENDPOINT_URL"), account), "queue URL")
	got := t.Must(client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("one")}))
	t.Equal(*got.QueueUrl, *url, "GetQueueUrl")
	t.Equal(attribute(url, "VisibilityTimeout"), "45", "attribute")
	t.Equal(attribute(url, "QueueArn"), arn("one"), "QueueArn")
	t.Must(client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: url,
		Attributes: map[string]string{"VisibilityTimeout": "60"}}))
	t.Equal(attribute(url, "VisibilityTimeout"), "60", "changed attribute")
	t.Must(client.TagQueue(ctx, &sqs.TagQueueInput{QueueUrl: url, Tags: map[string]string{"b": "2"}}))
	t.Must(client.UntagQueue(ctx, &sqs.UntagQueueInput{QueueUrl: url, TagKeys: []string{"a"}}))
	tags := t.Must(client.ListQueueTags(ctx, &sqs.ListQueueTagsInput{QueueUrl: url}))
	t.Equal(tags.Tags, map[string]string{"b": "2"}, "tags")
	for i := range 7 {
		create("many-"+strconv.Itoa(i), nil)
	}
	var sizes []int
	pages := sqs.NewListQueuesPaginator(client, &sqs.ListQueuesInput{
		QueueNamePrefix: aws.String("many-"), MaxResults: aws.Int32(3)})
	for pages.HasMorePages() {
		sizes = append(sizes, len(t.Must(pages.NextPage(ctx)).QueueUrls))
	}
	t.Equal(sizes, []int{3, 3, 1}, "pages")
	gone := aws.String(strings.TrimSuffix(*url, "one") + "many-0")
	t.Must(client.DeleteQueue(ctx, &sqs.DeleteQueueInput{QueueUrl: gone}))
	_, err := client.GetQueueUrl(ctx, &sqs.GetQueueUrlInput{QueueName: aws.String("many-0")})
	t.Equal(t.Refused[*types.QueueDoesNotExist](err).ErrorMessage(), "The specified queue does not exist.", "text")
	_, err = client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("many-0")})
	t.Refused[*types.QueueDeletedRecently](err)
	_, err = client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("one"),
		Attributes: map[string]string{"VisibilityTimeout": "1"}})
	t.Refused[*types.QueueNameExists](err)
	_, err = client.GetQueueAttributes(ctx, &sqs.GetQueueAttributesInput{QueueUrl: url,
		AttributeNames: []types.QueueAttributeName{"Colour"}})
	t.Equal(t.Refused[*types.InvalidAttributeName](err).ErrorMessage(), "Unknown Attribute Colour.", "text")
	_, err = client.SetQueueAttributes(ctx, &sqs.SetQueueAttributesInput{QueueUrl: url,
		Attributes: map[string]string{"DelaySeconds": "901"}})
	t.Refused[*types.InvalidAttributeValue](err)
	_, err = client.CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String("a b")})
	t.RefusedWith(err, "InvalidParameterValue", 400)
	_, err = connect(account, "wrong").ListQueues(ctx, &sqs.ListQueuesInput{})
	t.RefusedWith(err, "SignatureDoesNotMatch", 403)
	who := t.Must(sts.NewFromConfig(t.Must(config.LoadDefaultConfig(ctx))).GetCallerIdentity(ctx, nil))
	t.Equal(*who.Account, account, "account of the default configuration")
}

func messages() {
	url := create("messages", nil)
	body := "snow ☃ & <xml>"
	sent := t.Must(client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: &body,
		MessageAttributes: map[string]types.MessageAttributeValue{
			"kind": {DataType: aws.String("String"), StringValue: aws.String("training")},
			"raw":  {DataType: aws.String("Binary"), BinaryValue: []byte{0, 255}}},
		MessageSystemAttributes: map[string]types.MessageSystemAttributeValue{
			"AWSTraceHeader": {DataType: aws.String("String"), StringValue: aws.String(trace)}}}))
	t.Equal(*sent.MD5OfMessageBody, hash(body), "digest")
	got := receive(client, url, func(in *sqs.ReceiveMessageInput) {
		in.MessageAttributeNames = []string{"All"}
		in.MessageSystemAttributeNames = []types.MessageSystemAttributeName{"All"}
	})
	t.Equal(bodies(got), []string{body}, "body")
	first := got[0]
	t.Equal(*first.MessageId, *sent.MessageId, "id")
	t.Equal(*first.MD5OfMessageAttributes, *sent.MD5OfMessageAttributes, "digest of attributes")
	t.Equal(first.MessageAttributes["raw"].BinaryValue, []byte{0, 255}, "binary attribute")
	t.Equal(first.Attributes["ApproximateReceiveCount"], "1", "receive count")
	t.Equal(first.Attributes["AWSTraceHeader"], trace, "trace header")
	t.Equal(len(receive(client, url, nil)), 0, "an invisible message")
	t.Must(client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{QueueUrl: url,
		ReceiptHandle: first.ReceiptHandle, VisibilityTimeout: 0}))
	again := receive(client, url, nil)
	t.Equal(bodies(again), []string{body}, "visible again")
	t.Must(client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: again[0].ReceiptHandle}))
	t.Equal(attribute(url, "ApproximateNumberOfMessagesNotVisible"), "0", "deleted")
	woken := make(chan []string)
	go func() {
		woken <- bodies(receive(client, url, func(in *sqs.ReceiveMessageInput) { in.WaitTimeSeconds = 20 }))
	}()
	t.Must(client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("woken"), DelaySeconds: 1}))
	t.Equal(<-woken, []string{"woken"}, "a long poll gets a message whose delay ends")
	_, err := client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: aws.String("garbage")})
	t.Equal(t.Refused[*types.ReceiptHandleIsInvalid](err).ErrorMessage(),
		`The input receipt handle "garbage" is not a valid receipt handle.`, "text")
	_, err = client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("\x01")})
	t.Refused[*types.InvalidMessageContents](err)
	t.Must(client.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url}))
	_, err = client.PurgeQueue(ctx, &sqs.PurgeQueueInput{QueueUrl: url})
	t.Refused[*types.PurgeQueueInProgress](err)
}

func entries(n int, id func(int) string) (out []types.SendMessageBatchRequestEntry) {
	for i := range n {
		out = append(out, types.SendMessageBatchRequestEntry{Id: aws.String(id(i)), MessageBody: aws.String(fmt.Sprintf("b%d", i))})
	}
	return out
}

func batches() {
	url := create("batches", nil)
	send := func(list []types.SendMessageBatchRequestEntry) (*sqs.SendMessageBatchOutput, error) {
		return client.SendMessageBatch(ctx, &sqs.SendMessageBatchInput{QueueUrl: url, Entries: list})
	}
	sent := t.Must(send(append(entries(3, strconv.Itoa),
		types.SendMessageBatchRequestEntry{Id: aws.String("bad"), MessageBody: aws.String("\x01")})))
	t.Equal(len(sent.Successful), 3, "successful")
	for i, e := range sent.Successful {
		t.Equal(*e.MD5OfMessageBody, hash(fmt.Sprintf("b%d", i)), "digest")
	}
	t.Equal([]string{*sent.Failed[0].Id, *sent.Failed[0].Code}, []string{"bad", "InvalidMessageContents"}, "failed")
	t.True(sent.Failed[0].SenderFault, "the sender's fault")
	got := receive(client, url, nil)
	seen := bodies(got)
	slices.Sort(seen)
	t.Equal(seen, []string{"b0", "b1", "b2"}, "bodies")
	var changes []types.ChangeMessageVisibilityBatchRequestEntry
	deletions := []types.DeleteMessageBatchRequestEntry{{Id: aws.String("bad"), ReceiptHandle: aws.String("garbage")}}
	for i, m := range got {
		id := aws.String(strconv.Itoa(i))
		changes = append(changes, types.ChangeMessageVisibilityBatchRequestEntry{Id: id, ReceiptHandle: m.ReceiptHandle})
		deletions = append(deletions, types.DeleteMessageBatchRequestEntry{Id: id, ReceiptHandle: m.ReceiptHandle})
	}
	changed := t.Must(client.ChangeMessageVisibilityBatch(ctx, &sqs.ChangeMessageVisibilityBatchInput{
		QueueUrl: url, Entries: changes}))
	t.Equal(len(changed.Successful), 3, "visibility batch")
	t.Equal(len(receive(client, url, nil)), 3, "visible again")
	deleted := t.Must(client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: url, Entries: deletions}))
	t.Equal(len(deleted.Successful), 3, "deleted")
	t.Equal(*deleted.Failed[0].Code, "ReceiptHandleIsInvalid", "not deleted")
	_, err := send(entries(11, strconv.Itoa))
	t.Refused[*types.TooManyEntriesInBatchRequest](err)
	_, err = send(entries(2, func(int) string { return "a" }))
	t.Refused[*types.BatchEntryIdsNotDistinct](err)
	_, err = send(entries(1, func(int) string { return "a b" }))
	t.Refused[*types.InvalidBatchEntryId](err)
	_, err = send([]types.SendMessageBatchRequestEntry{})
	t.Refused[*types.EmptyBatchRequest](err)
	long := entries(2, strconv.Itoa)
	for i := range long {
		long[i].MessageBody = aws.String(strings.Repeat("x", 524289))
	}
	_, err = send(long)
	t.Refused[*types.BatchRequestTooLong](err)
}

func fifo() {
	url := create("ordered.fifo", map[string]string{"FifoQueue": "true", "VisibilityTimeout": "60"})
	send := func(group, body string) *sqs.SendMessageOutput {
		return t.Must(client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: &body,
			MessageGroupId: &group, MessageDeduplicationId: &body}))
	}
	first := send("a", "a1")
	send("b", "b1")
	second := send("a", "a2")
	t.Equal(*send("a", "a1").MessageId, *first.MessageId, "a duplicate is answered like the first")
	t.True(*first.SequenceNumber < *second.SequenceNumber, "sequence numbers grow")
	one := receive(client, url, func(in *sqs.ReceiveMessageInput) { in.MaxNumberOfMessages = 1 })
	t.Equal(bodies(one), []string{"a1"}, "the oldest")
	t.Equal(bodies(receive(client, url, nil)), []string{"b1"}, "group a is locked")
	t.Must(client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: url, ReceiptHandle: one[0].ReceiptHandle}))
	t.Equal(bodies(receive(client, url, nil)), []string{"a2"}, "group a goes on")
}

func sharing() {
	url := create("shared", nil)
	send := func() error {
		_, err := other.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: url, MessageBody: aws.String("from outside")})
		return err
	}
	t.RefusedWith(send(), "AccessDenied", 403)
	t.Must(client.AddPermission(ctx, &sqs.AddPermissionInput{QueueUrl: url, Label: aws.String("send"),
		AWSAccountIds: []string{stranger}, Actions: []string{"SendMessage"}}))
	t.Equal(send(), nil, "let in")
	t.Equal(bodies(receive(client, url, nil)), []string{"from outside"}, "the message")
	var policy struct {
		Statement []struct{ Sid, Action string }
	}
	t.Equal(json.Unmarshal([]byte(attribute(url, "Policy")), &policy), nil, "policy is JSON")
	t.Equal(policy.Statement[0].Action, "SQS:SendMessage", "action of the policy")
	t.Must(client.RemovePermission(ctx, &sqs.RemovePermissionInput{QueueUrl: url, Label: aws.String("send")}))
	t.RefusedWith(send(), "AccessDenied", 403)
}

func redrive() {
	dead := create("dead", nil)
	source := create("source", map[string]string{"VisibilityTimeout": "0",
		"RedrivePolicy": fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":1}`, arn("dead"))})
	var listed []string
	pages := sqs.NewListDeadLetterSourceQueuesPaginator(client, &sqs.ListDeadLetterSourceQueuesInput{
		QueueUrl: dead, MaxResults: aws.Int32(1)})
	for pages.HasMorePages() {
		listed = append(listed, t.Must(pages.NextPage(ctx)).QueueUrls...)
	}
	t.Equal(listed, []string{*source}, "sources")
	for i := range 3 {
		t.Must(client.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: source, MessageBody: aws.String(strconv.Itoa(i))}))
	}
	receive(client, source, nil)
	receive(client, source, nil)
	t.Equal(attribute(dead, "ApproximateNumberOfMessages"), "3", "dead letters")
	started := t.Must(client.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{
		SourceArn: aws.String(arn("dead")), MaxNumberOfMessagesPerSecond: aws.Int32(1)}))
	task := t.Must(client.ListMessageMoveTasks(ctx, &sqs.ListMessageMoveTasksInput{SourceArn: aws.String(arn("dead"))})).Results[0]
	t.Equal([]string{*task.TaskHandle, *task.Status}, []string{*started.TaskHandle, "RUNNING"}, "task")
	t.Equal(*task.ApproximateNumberOfMessagesToMove, 3, "to move")
	cancelled := t.Must(client.CancelMessageMoveTask(ctx, &sqs.CancelMessageMoveTaskInput{TaskHandle: started.TaskHandle}))
	t.True(cancelled.ApproximateNumberOfMessagesMoved >= 1, "moved before it was cancelled")
	_, err := client.StartMessageMoveTask(ctx, &sqs.StartMessageMoveTaskInput{SourceArn: aws.String(arn("none"))})
	t.Refused[*types.ResourceNotFoundException](err)
}

func main() {
	var cancel context.CancelFunc
	ctx, cancel = context.WithTimeout(context.Background(), secondsMax*time.Second)
	defer cancel()
	client, other = connect(account, "test"), connect(stranger, "test")
	t.Run(t.Part{Name: "queues", Run: queues}, t.Part{Name: "messages", Run: messages}, t.Part{Name: "batches", Run: batches},
		t.Part{Name: "fifo", Run: fifo}, t.Part{Name: "sharing", Run: sharing}, t.Part{Name: "redrive", Run: redrive})
}
