// AWS SDK for Rust; see README.md.
use aws_sdk_sqs::types::DeleteMessageBatchRequestEntry;
use aws_sdk_sqs::Client;
use std::io::BufRead;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Instant;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const WORKERS: usize = 8;

fn cpu_seconds() -> f64 {
    let mut used = std::mem::MaybeUninit::<libc::rusage>::zeroed();
    // SAFETY: getrusage fills the whole structure.
    let used = unsafe {
        libc::getrusage(libc::RUSAGE_SELF, used.as_mut_ptr());
        used.assume_init()
    };
    let seconds = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    seconds(used.ru_utime) + seconds(used.ru_stime)
}

async fn work(client: Client, queue: String, deleted: Arc<AtomicU64>, wanted: u64) -> Result<(), Failure> {
    while deleted.load(Ordering::Relaxed) < wanted {
        let got = client.receive_message().queue_url(&queue).max_number_of_messages(10).wait_time_seconds(1).send().await?;
        let mut entries = Vec::new();
        for (i, m) in got.messages().iter().enumerate() {
            let handle = m.receipt_handle().unwrap_or_default();
            entries.push(DeleteMessageBatchRequestEntry::builder().id(i.to_string()).receipt_handle(handle).build()?);
        }
        if entries.is_empty() {
            continue;
        }
        let gone = client.delete_message_batch().queue_url(&queue).set_entries(Some(entries)).send().await?;
        deleted.fetch_add(gone.successful().len() as u64, Ordering::Relaxed);
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let arguments: Vec<String> = std::env::args().collect();
    let settings = aws_config::defaults(aws_config::BehaviorVersion::latest())
        .region("us-east-1").endpoint_url(&arguments[1]).load().await;
    let client = Client::new(&settings);
    for line in std::io::stdin().lock().lines() {
        let line = line?;
        let wanted: u64 = line.strip_prefix("drain ").ok_or(format!("cannot {line}"))?.parse()?;
        let deleted = Arc::new(AtomicU64::new(0));
        let (before, began) = (cpu_seconds(), Instant::now());
        let tasks: Vec<_> = (0..WORKERS)
            .map(|_| tokio::spawn(work(client.clone(), arguments[2].clone(), deleted.clone(), wanted)))
            .collect();
        for t in tasks {
            t.await??;
        }
        println!("{{\"messages\":{},\"seconds\":{},\"cpu_seconds\":{}}}", deleted.load(Ordering::Relaxed),
                 began.elapsed().as_secs_f64(), cpu_seconds() - before);
    }
    Ok(())
}
