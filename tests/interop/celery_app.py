"""The Celery application of celery_tasks.py. Its tasks leave one line each in a file: what ran, how often and when."""
import os
import time

from celery import Celery

EFFECTS = os.environ["TRAINYARD_EFFECTS"]
VISIBILITY_SECONDS = 4

app = Celery("interop", broker=os.environ["TRAINYARD_BROKER"])
app.conf.update(
    broker_transport_options={"region": "us-east-1", "is_secure": False, "visibility_timeout": VISIBILITY_SECONDS,
                              "wait_time_seconds": 1, "polling_interval": 0, "queue_name_prefix": "interop-"},
    task_routes={"slow": {"queue": "slow"}, "hang": {"queue": "slow"}},
    worker_enable_remote_control=False,  # that would need SNS
    worker_send_task_events=False, broker_connection_retry_on_startup=True, broker_connection_max_retries=2,
    worker_prefetch_multiplier=10, task_ignore_result=True)


def leave(*words):
    with open(EFFECTS, "a") as out:  # one write of a short line: whole, also from several processes
        out.write(" ".join(map(str, words)) + "\n")


@app.task(name="add")
def add(n):
    leave("add", n)


@app.task(name="slow")
def slow(n):
    leave("slow", n)


@app.task(name="later")
def later(n):
    leave("later", n, time.time())


@app.task(name="flaky", bind=True, max_retries=3)
def flaky(self, n):
    leave("flaky", n, self.request.retries)
    if self.request.retries < 2:
        raise self.retry(countdown=0.2)


@app.task(name="doomed", bind=True, max_retries=1, default_retry_delay=0)
def doomed(self, n):
    leave("doomed", n, self.request.retries)
    raise self.retry(exc=ValueError(n))


@app.task(name="hang", bind=True, acks_late=True)
def hang(self, n):
    leave("hang", n, os.getpid())
    if not os.path.exists(EFFECTS + ".second"):
        time.sleep(3600)
    leave("hung", n)


@app.task(name="snow", bind=True)
def snow(self, text, numbers, flag=None):
    leave("snow", text, sum(numbers), flag, self.request.id)
