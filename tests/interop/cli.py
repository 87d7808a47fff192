"""The AWS CLI inside this process: the same program without half a second of start for each command."""
import contextlib
import io
import json
import os

import harness as h


class cli:
    def __init__(self, url, account):
        for name in [n for n in os.environ if n.startswith("AWS_")]:
            del os.environ[name]
        os.environ.update(h.aws_environment(url, account), AWS_PAGER="", HOME=str(h.folder()),
                          AWS_CONFIG_FILE=str(h.folder() / "none"))
        try:
            from awscli.clidriver import create_clidriver
        except ImportError:
            h.skip("the AWS CLI is not installed; interop.setup_python says why")
        self._driver = create_clidriver()
        # Version 1 overrides AWS_ENDPOINT_URL for SQS in the oldest regions with their legacy names, but not this option.
        self._always = ["--endpoint-url", url]

    def run(self, *words):
        """Exit code, standard output, standard error."""
        out, err = io.TextIOWrapper(io.BytesIO(), encoding="utf-8"), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            code = self._driver.main([str(w) for w in words] + self._always)
        out.flush()
        return code, out.buffer.getvalue().decode(), err.getvalue()

    def __call__(self, *words):
        """What a command that must work prints, as an object; None when it prints nothing."""
        code, out, err = self.run(*words)
        if code:
            raise h.mismatch(f"aws {' '.join(map(str, words))}: exit code {code}: {err.strip()}")
        return json.loads(out) if out.strip() else None

    def text(self, *words):
        code, out, err = self.run(*words, "--output", "text")
        if code:
            raise h.mismatch(f"aws {' '.join(map(str, words))}: exit code {code}: {err.strip()}")
        return out.strip()

    def error(self, *words):
        """What a command that must fail says, after its exit code."""
        code, out, err = self.run(*words)
        return code, err.strip() if code else f"no error: {out}"
