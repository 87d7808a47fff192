// AWS SDK for Java v2 with its automatic request batching; see README.md.

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.sqs.SqsAsyncClient;
import software.amazon.awssdk.services.sqs.batchmanager.SqsAsyncBatchManager;
import software.amazon.awssdk.services.sqs.model.DeleteMessageBatchRequest;
import software.amazon.awssdk.services.sqs.model.Message;

public final class Client {
    private static final int WORKERS = 8;
    private static final Duration LINGER = Duration.ofMillis(10);
    private static final AtomicLong deleteCalls = new AtomicLong();

    private static final class CountDeletes implements ExecutionInterceptor {
        @Override
        public void beforeExecution(Context.BeforeExecution context, ExecutionAttributes attributes) {
            if (context.request() instanceof DeleteMessageBatchRequest) deleteCalls.incrementAndGet();
        }
    }

    private static double cpuSeconds() {
        var system = (com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        return system.getProcessCpuTime() / 1e9;
    }

    // One receiver after the other until all that were wanted are deleted.
    private static void work(SqsAsyncBatchManager manager, String queue, AtomicLong deleted, long wanted) {
        while (deleted.get() < wanted) {
            List<Message> got = manager.receiveMessage(r -> r.queueUrl(queue).maxNumberOfMessages(10)
                    .waitTimeSeconds(1)).join().messages();
            List<CompletableFuture<?>> gone = new ArrayList<>();
            for (Message m : got)
                gone.add(manager.deleteMessage(r -> r.queueUrl(queue).receiptHandle(m.receiptHandle())));
            for (CompletableFuture<?> g : gone) g.join();
            deleted.addAndGet(got.size());
        }
    }

    private static long drain(SqsAsyncBatchManager manager, String queue, long wanted) throws InterruptedException {
        AtomicLong deleted = new AtomicLong();
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < WORKERS; ++i) {
            threads.add(new Thread(() -> work(manager, queue, deleted, wanted)));
            threads.get(i).start();
        }
        for (Thread t : threads) t.join();
        return deleted.get();
    }

    private static List<String> receive(SqsAsyncBatchManager manager, String queue, long wanted) {
        List<String> handles = new ArrayList<>();
        while (handles.size() < wanted)
            for (Message m : manager.receiveMessage(r -> r.queueUrl(queue).maxNumberOfMessages(10)
                    .waitTimeSeconds(1)).join().messages())
                handles.add(m.receiptHandle());
        return handles;
    }

    // Deletes each when its time has come, whatever became of those before.
    private static void deletePaced(SqsAsyncBatchManager manager, String queue, List<String> handles, double rate) {
        List<CompletableFuture<?>> gone = new ArrayList<>();
        long began = System.nanoTime();
        for (String handle : handles) {
            long at = began + (long) (gone.size() * 1e9 / rate);
            for (long left = at - System.nanoTime(); left > 0; left = at - System.nanoTime()) LockSupport.parkNanos(left);
            gone.add(manager.deleteMessage(r -> r.queueUrl(queue).receiptHandle(handle)));
        }
        for (CompletableFuture<?> g : gone) g.join();
    }

    private static String report(long messages, long began, double cpu, long calls) {
        return String.format(Locale.ROOT,
                "{\"messages\":%d,\"seconds\":%.6f,\"cpu_seconds\":%.6f,\"delete_calls\":%d}", messages,
                (System.nanoTime() - began) / 1e9, cpuSeconds() - cpu, deleteCalls.get() - calls);
    }

    public static void main(String[] arguments) throws Exception {
        String queue = arguments[1];
        ScheduledExecutorService executor = Executors.newScheduledThreadPool(WORKERS);
        try (SqsAsyncClient client = SqsAsyncClient.builder().endpointOverride(URI.create(arguments[0]))
                .region(Region.US_EAST_1).overrideConfiguration(c -> c.addExecutionInterceptor(new CountDeletes())).build();
             SqsAsyncBatchManager manager = SqsAsyncBatchManager.builder().client(client).scheduledExecutor(executor)
                .overrideConfiguration(c -> c.sendRequestFrequency(LINGER)).build();
             BufferedReader lines = new BufferedReader(new InputStreamReader(System.in))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.split(" ");
                List<String> handles = words[0].equals("paced") ? receive(manager, queue, Long.parseLong(words[2])) : null;
                long began = System.nanoTime(), calls = deleteCalls.get();
                double cpu = cpuSeconds();
                long messages;
                if (handles == null) {
                    messages = drain(manager, queue, Long.parseLong(words[1]));
                } else {
                    deletePaced(manager, queue, handles, Double.parseDouble(words[1]));
                    messages = handles.size();
                }
                System.out.println(report(messages, began, cpu, calls));
            }
        } finally {
            executor.shutdown();
        }
    }
}
