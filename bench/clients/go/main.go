// AWS SDK for Go v2; see README.md.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"log"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"
)

const workers = 8

func cpu() float64 {
	var used syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &used); err != nil {
		log.Fatal(err)
	}
	return float64(used.Utime.Sec+used.Stime.Sec) + float64(used.Utime.Usec+used.Stime.Usec)/1e6
}

func work(client *sqs.Client, queue string, deleted *atomic.Int64, wanted int64) {
	ctx := context.Background()
	for deleted.Load() < wanted {
		got, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
			QueueUrl: &queue, MaxNumberOfMessages: 10, WaitTimeSeconds: 1})
		if err != nil {
			log.Fatal(err)
		}
		if len(got.Messages) == 0 {
			continue
		}
		entries := make([]types.DeleteMessageBatchRequestEntry, len(got.Messages))
		for i, m := range got.Messages {
			entries[i] = types.DeleteMessageBatchRequestEntry{Id: aws.String(strconv.Itoa(i)), ReceiptHandle: m.ReceiptHandle}
		}
		gone, err := client.DeleteMessageBatch(ctx, &sqs.DeleteMessageBatchInput{QueueUrl: &queue, Entries: entries})
		if err != nil {
			log.Fatal(err)
		}
		deleted.Add(int64(len(gone.Successful)))
	}
}

func main() {
	endpoint, queue := os.Args[1], os.Args[2]
	settings, err := config.LoadDefaultConfig(context.Background(), config.WithRegion("us-east-1"))
	if err != nil {
		log.Fatal(err)
	}
	client := sqs.NewFromConfig(settings, func(o *sqs.Options) { o.BaseEndpoint = &endpoint })
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var wanted int64
		if _, err := fmt.Sscanf(lines.Text(), "drain %d", &wanted); err != nil {
			log.Fatalf("cannot %s", lines.Text())
		}
		var deleted atomic.Int64
		var group sync.WaitGroup
		before, began := cpu(), time.Now()
		for range workers {
			group.Add(1)
			go func() {
				defer group.Done()
				work(client, queue, &deleted, wanted)
			}()
		}
		group.Wait()
		out, _ := json.Marshal(map[string]any{"messages": deleted.Load(), "seconds": time.Since(began).Seconds(),
			"cpu_seconds": cpu() - before})
		fmt.Println(string(out))
	}
}
