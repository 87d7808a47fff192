"""The set-ups of credentials.py: homes, files, variables, and what is expected of them."""
import dataclasses
import hashlib
import json
import os
import pathlib

import credentials_stub

REGION = "eu-west-1"
ROLE, INNER, DENIED = (f"arn:aws:iam::123456789012:role/{n}" for n in ("outer", "inner", "denied"))
NONE, MALFORMED, UNREACHABLE = 4, 2, 3


def pair(name, separator="="):
    """A key and its secret as lines of a profile."""
    return f"aws_access_key_id {separator} AKIA{name:X<16}\naws_secret_access_key {separator} canary-{name}\n"


def key_id(name):
    return f"AKIA{name:X<16}"


@dataclasses.dataclass
class setup:
    name: str
    credentials: str = ""
    config: str = ""
    env: dict = dataclasses.field(default_factory=dict)
    files: dict = dataclasses.field(default_factory=dict)  # path below the home -> text; those ending in .sh can be run
    modes: dict = dataclasses.field(default_factory=dict)
    profile: str = ""  # as an argument
    key: str = ""      # that must win
    code: int = None   # of doctor, when it must fail
    differs: bool = False
    theirs_found: bool = None  # where it differs: does botocore find credentials
    home: pathlib.Path = None

    def make(self, folder, stub):
        self.home = folder / self.name
        (self.home / ".aws").mkdir(parents=True)
        texts = {".aws/credentials": self.credentials, ".aws/config": self.config, **self.files}
        for path, text in texts.items():
            if text:
                where = self.home / path
                where.parent.mkdir(parents=True, exist_ok=True)
                where.write_bytes(self.filled(text).encode())
                where.chmod(self.modes.get(path, 0o700 if path.endswith(".sh") else 0o600))
        base = {"PATH": os.environ["PATH"], "HOME": str(self.home), "AWS_DEFAULT_REGION": REGION,
                "AWS_EC2_METADATA_DISABLED": "true", "AWS_ENDPOINT_URL_STS": stub.url,
                "AWS_ENDPOINT_URL_SSO": stub.url}
        merged = {**base, **{k: self.filled(v) for k, v in self.env.items()}}
        return {k: v for k, v in merged.items() if v}

    def filled(self, text):
        return text.replace("HOME/", f"{self.home}/")


def variables(name, **more):
    return {"AWS_ACCESS_KEY_ID": key_id(name), "AWS_SECRET_ACCESS_KEY": f"canary-{name}", **more}


def script(body):
    return f"#!/bin/sh\necho canary-on-stderr >&2\n{body}\n"


def process_answer(name, **more):
    return script("cat <<'END'\n" + json.dumps({"Version": 1, "AccessKeyId": key_id(name),
                                               "SecretAccessKey": f"canary-{name}", **more}) + "\nEND")


def of_environment():
    legacy = {"AWS_SECURITY_TOKEN": "canary-old", "AWS_SESSION_TOKEN": "canary-new"}
    default = "[default]\n" + pair("FILE")
    two = default + "[other]\n" + pair("OTHER")
    return [
        setup("env", env=variables("ENV"), key=key_id("ENV")),
        setup("env-token", env=variables("ENV", AWS_SESSION_TOKEN="canary-t"), key=key_id("ENV")),
        setup("env-security-token", env=variables("ENV", **legacy)),
        setup("env-without-secret", default, env={"AWS_ACCESS_KEY_ID": key_id("ENV")}, code=MALFORMED),
        setup("env-without-key", default, env={"AWS_SECRET_ACCESS_KEY": "canary"}, key=key_id("FILE")),
        setup("env-beats-files", default, env=variables("ENV"), key=key_id("ENV")),
        setup("env-beats-variable-profile", two, env=variables("ENV", AWS_PROFILE="other"), key=key_id("ENV")),
        setup("argument-beats-env", two, env=variables("ENV"), profile="other", key=key_id("OTHER")),
        setup("argument-beats-variable", two, env={"AWS_PROFILE": "default"}, profile="other", key=key_id("OTHER")),
        setup("env-expired", env=variables("ENV", AWS_CREDENTIAL_EXPIRATION="2020-01-01T00:00:00Z"), code=UNREACHABLE),
        setup("env-expires-later", env=variables("ENV", AWS_CREDENTIAL_EXPIRATION="2099-01-01T00:00:00Z"),
              key=key_id("ENV")),
        setup("env-beside-broken-file", "[default\n", env=variables("ENV"), differs=True, theirs_found=False),
        setup("env-beside-missing-profile", default, env=variables("ENV", AWS_PROFILE="gone"), differs=True,
              theirs_found=False),
        setup("profile-variable", two, env={"AWS_PROFILE": "other"}, key=key_id("OTHER")),
        setup("default-profile-variable-first", two + "[third]\n" + pair("THIRD"),
              env={"AWS_PROFILE": "other", "AWS_DEFAULT_PROFILE": "third"}, key=key_id("THIRD")),
        setup("missing-profile", default, env={"AWS_PROFILE": "gone"}, code=MALFORMED),
        setup("missing-profile-argument", default, profile="gone", code=MALFORMED),
        setup("nothing", code=NONE),
        setup("region-of-profile", default, "[default]\nregion = ap-south-1\n", {"AWS_DEFAULT_REGION": ""}),
        setup("region-of-other-profile", two, "[profile other]\nregion = ap-south-1\n",
              {"AWS_DEFAULT_REGION": "", "AWS_PROFILE": "other"}),
        setup("no-region", default, env={"AWS_DEFAULT_REGION": ""}),
        setup("aws-region", default, env={"AWS_REGION": "sa-east-1"}, differs=True, theirs_found=True),
        setup("files-elsewhere", env={"AWS_SHARED_CREDENTIALS_FILE": "HOME/a", "AWS_CONFIG_FILE": "~/b"},
              files={"a": "[x]\n" + pair("ELSEWHERE"), "b": "[profile x]\nregion = eu-west-3\n"}, profile="x"),
    ]


def of_files():
    d = "[default]\n"
    return [
        setup("credentials-file", d + pair("FILE"), key=key_id("FILE")),
        setup("credentials-token", d + pair("FILE") + "aws_session_token = canary-t\n", key=key_id("FILE")),
        setup("credentials-security-token", d + pair("FILE") + "aws_session_token = canary-t\naws_security_token = canary-u\n"),
        setup("config-file", config=d + pair("CONFIG"), key=key_id("CONFIG")),
        setup("config-file-profile", config="[profile a]\n" + pair("CONFIG"), env={"AWS_PROFILE": "a"}),
        setup("credentials-beat-config", d + pair("FILE"), d + pair("CONFIG"), key=key_id("FILE")),
        setup("half-a-pair-in-credentials", d + "aws_access_key_id = AKIAHALF\n", d + pair("CONFIG"), code=MALFORMED),
        setup("secret-alone-in-credentials", d + "aws_secret_access_key = canary\n", d + pair("CONFIG"),
              key=key_id("CONFIG")),
        setup("indented-keys", d + "  " + pair("FILE").replace("\n", "\n  ").rstrip() + "\n", key=key_id("FILE")),
        setup("colons", d + pair("FILE", ":"), key=key_id("FILE")),
        setup("upper-case-keys", d + pair("FILE").replace("aws_access_key_id", "AWS_Access_Key_ID"), key=key_id("FILE")),
        setup("comments", "# first\n; second\n" + d + "\n# third\n" + pair("FILE").replace("\n", "\n\n"), key=key_id("FILE")),
        setup("carriage-returns", (d + pair("FILE")).replace("\n", "\r\n"), key=key_id("FILE")),
        setup("no-last-newline", (d + pair("FILE")).rstrip(), key=key_id("FILE")),
        setup("value-with-hash", d + pair("FILE").replace("canary-FILE", "canary#;FILE")),
        setup("quotes-stay", d + pair("FILE").replace("canary-FILE", '"canary-FILE"')),
        setup("equals-in-value", d + pair("FILE").replace("canary-FILE", "canary=a=b==")),
        setup("quoted-profile-name", config='[profile "two words"]\n' + pair("CONFIG"), profile="two words"),
        setup("profile-default", config=d + pair("FIRST") + "[profile default]\n" + pair("SECOND"), key=key_id("SECOND")),
        setup("default-after-profile-default", config="[profile default]\n" + pair("FIRST") + d + pair("SECOND"),
              differs=True, theirs_found=True, key=key_id("FIRST")),
        setup("nested-values", config=d + "s3 =\n  aws_access_key_id = nested\n\n  max = 3\n" + pair("CONFIG"),
              key=key_id("CONFIG")),
        setup("comment-after-value", d + pair("FILE").replace("canary-FILE", "canary-FILE # mine"), differs=True,
              theirs_found=True, key=key_id("FILE")),
        setup("section-twice", d + pair("FILE") + d + "region = eu-west-2\n", differs=True, theirs_found=False,
              key=key_id("FILE")),
        setup("section-for-all", "[DEFAULT]\n" + pair("ALL") + "[a]\nregion = eu-west-1\n", env={"AWS_PROFILE": "a"},
              differs=True, theirs_found=True, code=NONE),
        setup("empty-key", d + "aws_access_key_id =\naws_secret_access_key = canary\n", differs=True, theirs_found=True,
              code=MALFORMED),
        setup("no-bracket", "[default\n" + pair("FILE"), code=MALFORMED),
        setup("line-without-key", d + pair("FILE") + "canary-alone\n", code=MALFORMED),
        setup("key-before-section", pair("FILE"), code=MALFORMED),
        setup("config-broken", d + pair("FILE"), "[profile a]\ncanary-alone\n", code=MALFORMED),
    ]


def of_roles():
    def chain(text, source="[base]\n" + pair("BASE")):
        return {"credentials": source, "config": text, "env": {"AWS_PROFILE": "a"}}
    a = f"[profile a]\nrole_arn = {ROLE}\n"
    by_base = a + "source_profile = base\n"
    b = f"[profile b]\nrole_arn = {INNER}\n"
    own = "[a]\n" + pair("OWN")
    imds = {"AWS_EC2_METADATA_DISABLED": ""}
    return [
        setup("role", **chain(by_base)),
        setup("role-everything", **chain(by_base + "external_id = canary-x\nrole_session_name = me@x\nduration_seconds = 900\n")),
        setup("role-through-role", **chain(a + "source_profile = b\n" + b + "source_profile = base\n")),
        setup("role-cycle", **chain(a + "source_profile = b\n" + b + "source_profile = a\n"), code=MALFORMED),
        setup("role-of-own-keys", **chain(a + "source_profile = a\n", own)),
        setup("role-of-itself", **chain(a + "source_profile = a\n"), code=MALFORMED),
        setup("role-beats-own-keys", **chain(by_base, "[base]\n" + pair("BASE") + own)),
        setup("role-source-keys-beat-its-role",
              **chain(a + "source_profile = b\n" + b + "source_profile = base\n", "[b]\n" + pair("B") + "[base]\n" + pair("BASE"))),
        setup("role-both-sources", **chain(by_base + "credential_source = Environment\n"), code=MALFORMED),
        setup("role-no-source", **chain(a), code=MALFORMED),
        setup("role-missing-source", **chain(a + "source_profile = gone\n"), code=MALFORMED),
        setup("role-empty-source", **chain(by_base, "[base]\nregion = eu-west-1\n"), code=MALFORMED),
        setup("role-denied", **chain(by_base.replace(ROLE, DENIED)), code=UNREACHABLE),
        setup("role-env", config=a + "credential_source = Environment\n", env=variables("ENV"), profile="a"),
        setup("role-env-without", config=a + "credential_source = Environment\n", profile="a", code=MALFORMED),
        setup("role-container", config=a + "credential_source = EcsContainer\n",
              env={"AWS_PROFILE": "a", "AWS_CONTAINER_CREDENTIALS_FULL_URI": "STUB/container-open"}),
        setup("role-instance", config=a + "credential_source = Ec2InstanceMetadata\n",
              env={"AWS_PROFILE": "a", "AWS_EC2_METADATA_SERVICE_ENDPOINT": "STUB/imds", **imds}),
        setup("role-unknown-source", **chain(a + "credential_source = Moon\n"), code=MALFORMED),
        setup("role-of-process", **chain(a + "source_profile = b\n[profile b]\ncredential_process = HOME/p.sh\n"),
              files={"p.sh": process_answer("PROCESS")}),
        setup("role-of-web-identity",
              **chain(a + f"source_profile = b\n{b}web_identity_token_file = HOME/token\n"), files={"token": "canary-jwt"}),
        setup("role-bad-duration", **chain(by_base + "duration_seconds = long\n"), differs=True, theirs_found=True,
              code=MALFORMED),
        setup("role-beats-web-identity-env", credentials="[base]\n" + pair("BASE"), config=by_base,
              env={"AWS_PROFILE": "a", "AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token", "AWS_ROLE_ARN": INNER},
              files={"token": "canary-jwt"}),
    ]


def of_web_identity():
    env = {"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token", "AWS_ROLE_ARN": ROLE}
    token = {"token": "canary-jwt"}
    in_profile = f"[default]\nrole_arn = {INNER}\nweb_identity_token_file = HOME/other\n"
    return [
        setup("web-identity", env=env, files=token),
        setup("web-identity-session", env={**env, "AWS_ROLE_SESSION_NAME": "pod-7"}, files=token),
        setup("web-identity-profile", config=in_profile, files={"other": "canary-other"}),
        setup("web-identity-env-beats-profile", config=in_profile, env=env, files={**token, "other": "canary-other"}),
        setup("web-identity-argument", config=in_profile.replace("default", "profile a"), env=env, profile="a",
              files={**token, "other": "canary-other"}),
        setup("web-identity-beats-keys", "[default]\n" + pair("FILE"), env=env, files=token),
        setup("web-identity-no-role", env={"AWS_WEB_IDENTITY_TOKEN_FILE": "HOME/token"}, files=token, code=MALFORMED),
        setup("web-identity-no-file", env=env, code=UNREACHABLE),
        setup("web-identity-denied", env={**env, "AWS_ROLE_ARN": DENIED}, files=token, code=UNREACHABLE),
    ]


def of_sso():
    def cached(name, **more):
        file = f".aws/sso/cache/{hashlib.sha1(name.encode()).hexdigest()}.json"
        return {file: json.dumps({"accessToken": credentials_stub.SSO_TOKEN, "expiresAt": "2099-01-01T00:00:00Z",
                                  "region": REGION, "startUrl": url, **more})}
    url = "https://x.awsapps.com/start"
    role = "sso_account_id = 123456789012\nsso_role_name = Dev\n"
    legacy = f"[default]\n{role}sso_region = {REGION}\nsso_start_url = {url}\n"
    session = f"[sso-session corp]\nsso_region = {REGION}\nsso_start_url = {url}\n"
    modern = f"[default]\nsso_session = corp\n{role}{session}"
    return [
        setup("sso", config=modern, files=cached("corp")),
        setup("sso-legacy", config=legacy, files=cached(url)),
        setup("sso-beats-keys", "[default]\n" + pair("FILE"), modern, files=cached("corp")),
        setup("sso-expired", config=legacy, files=cached(url, expiresAt="2020-01-01T00:00:00Z"), code=UNREACHABLE),
        setup("sso-old-time-form", config=legacy, files=cached(url, expiresAt="2099-01-01T00:00:00UTC")),
        setup("sso-not-logged-in", config=modern, code=UNREACHABLE),
        setup("sso-refused", config=modern, files=cached("corp", accessToken="canary-wrong"), code=UNREACHABLE),
        setup("sso-no-role", config=modern.replace("sso_role_name = Dev\n", ""), files=cached("corp"), code=MALFORMED),
        setup("sso-no-session", config=modern.replace("[sso-session corp]", "[sso-session x]"), code=MALFORMED),
        setup("sso-disagrees", config=modern.replace(role, role + "sso_region = us-east-1\n"), files=cached("corp"),
              code=MALFORMED),
    ]


def of_processes():
    def runs(command, text, **more):
        return {"config": f"[default]\ncredential_process = {command}\n", "files": {"p.sh": text}, **more}
    answer = process_answer("PROCESS")
    echo = script('echo "{\\"Version\\":1,\\"AccessKeyId\\":\\"$1-$2\\",\\"SecretAccessKey\\":\\"canary-x\\"}"')
    return [
        setup("process", **runs("HOME/p.sh", answer), key=key_id("PROCESS")),
        setup("process-arguments", **runs("HOME/p.sh 'a  b' \"c\"'d'", echo), key="a  b-cd"),
        setup("process-no-variables", **runs("HOME/p.sh $HOME ~", echo), key="$HOME-~"),
        setup("process-escape", **runs("HOME/p.sh a\\ b c", echo), differs=True, theirs_found=True,
              code=UNREACHABLE),
        setup("process-expires", **runs("HOME/p.sh", process_answer("P", SessionToken="canary-t",
                                                                    Expiration="2099-01-01T00:00:00Z"))),
        setup("process-offset-time", **runs("HOME/p.sh", process_answer("P", Expiration="2099-01-01T00:00:00+02:00"))),
        setup("process-expired", **runs("HOME/p.sh", process_answer("P", Expiration="2020-01-01T00:00:00Z")), code=UNREACHABLE),
        setup("process-fails", **runs("HOME/p.sh", script("exit 3")), code=UNREACHABLE),
        setup("process-version", **runs("HOME/p.sh", answer.replace('"Version": 1', '"Version": "1"')), code=UNREACHABLE),
        setup("process-garbage", **runs("HOME/p.sh", script("echo canary-no-json")), code=UNREACHABLE),
        setup("process-no-secret", **runs("HOME/p.sh", script("echo '{\"Version\":1,\"AccessKeyId\":\"canary\"}'")),
              code=UNREACHABLE),
        setup("process-gone", config="[default]\ncredential_process = HOME/gone.sh\n", code=UNREACHABLE),
        setup("process-by-search", config="[default]\ncredential_process = p.sh\n", files={"p.sh": answer},
              env={"PATH": f"HOME/:{os.environ['PATH']}"}, differs=True, theirs_found=True, code=MALFORMED),
        setup("process-in-open-file", **runs("HOME/p.sh", answer), modes={".aws/config": 0o622}, differs=True,
              theirs_found=True, code=MALFORMED),
        setup("process-beats-config-keys", **runs("HOME/p.sh\n" + pair("CONFIG"), answer), key=key_id("PROCESS")),
        setup("credentials-beat-process", "[default]\n" + pair("FILE"), **runs("HOME/p.sh", answer), key=key_id("FILE")),
    ]


def of_endpoints():
    full, token = "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_AUTHORIZATION_TOKEN"
    good = credentials_stub.CONTAINER_TOKEN
    imds = {"AWS_EC2_METADATA_DISABLED": ""}
    at = "AWS_EC2_METADATA_SERVICE_ENDPOINT"
    return [
        setup("container", env={full: "STUB/container-open?id=7"}),
        setup("container-token", env={full: "STUB/container-guarded", token: good}),
        setup("container-token-file", env={full: "STUB/container-guarded", token + "_FILE": "HOME/t", token: "wrong"},
              files={"t": good}),
        setup("container-token-line-break", env={full: "STUB/container-guarded", token + "_FILE": "HOME/t"},
              files={"t": good + "\n"}, code=UNREACHABLE),
        setup("container-refused", env={full: "STUB/container-guarded"}, code=UNREACHABLE),
        setup("container-garbage", env={full: "STUB/container-garbage"}, code=UNREACHABLE),
        setup("container-foreign-host", env={full: "http://192.0.2.1/x", token: "canary"}, code=MALFORMED),
        setup("files-beat-container", "[default]\n" + pair("FILE"), env={full: "STUB/container-open"}, key=key_id("FILE")),
        setup("container-beats-instance", env={full: "STUB/container-open", at: "STUB/imds", **imds}),
        setup("instance", env={at: "STUB/imds", **imds}),
        setup("instance-slash", env={at: "STUB/imds/", **imds}),
        setup("instance-disabled", env={at: "STUB/imds", "AWS_EC2_METADATA_DISABLED": "TRUE"}, code=NONE),
        setup("instance-no-role", env={at: "STUB/imds-norole", **imds}, code=NONE),
        setup("instance-untrusted", env={at: "STUB/imds-untrusted", **imds}, code=NONE),
        setup("instance-version-1", env={at: "STUB/imds-v1", **imds}, differs=True, theirs_found=True, code=UNREACHABLE),
    ]


def all_setups(stub):
    out = (of_environment() + of_files() + of_roles() + of_web_identity() + of_sso() + of_processes() + of_endpoints())
    for s in out:
        s.env = {k: v.replace("STUB/", stub.url + "/") for k, v in s.env.items()}
    return out
