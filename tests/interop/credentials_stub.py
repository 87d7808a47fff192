"""What credential sources answer, on one loopback port: STS, the SSO portal, a container endpoint, instance metadata.

Keys are functions of what was asked (whose signature, which role, which external id), so equal keys mean that two tools
asked the same thing in the same order.
"""
import datetime
import hashlib
import http.server
import json
import re
import threading
import urllib.parse

LIFE = datetime.timedelta(hours=6)  # far from every refresh window
SSO_TOKEN, CONTAINER_TOKEN = "canary-sso-token", "Bearer canary-container"
DEFAULT_DURATION = "3600"  # what STS takes when nothing is said


def keys(*what):
    text = "\n".join(what)

    def digest(salt):
        return hashlib.sha256(f"{salt}\n{text}".encode()).hexdigest()
    return {"id": "ASIA" + digest("id")[:16].upper(), "secret": digest("secret")[:40], "token": digest("token")}


class stub:
    def __init__(self):
        self.expires = (datetime.datetime.now(datetime.timezone.utc) + LIFE).replace(microsecond=0)
        outer = self

        class handler(http.server.BaseHTTPRequestHandler):
            def reply(self, status, text, kind="application/json"):
                body = text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                self.reply(*outer.sts(form, self.headers), "text/xml")

            def do_PUT(self):
                self.reply(*outer.metadata_token(self.path, self.headers))

            def do_GET(self):
                self.reply(*outer.get(self.path, self.headers))

            def log_message(self, *_):
                pass
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def iso(self):
        return self.expires.strftime("%Y-%m-%dT%H:%M:%SZ")

    def as_metadata(self, k):
        return json.dumps({"Code": "Success", "AccessKeyId": k["id"], "SecretAccessKey": k["secret"],
                           "Token": k["token"], "Expiration": self.iso()})

    def sts(self, form, headers):
        action, role = form["Action"], form.get("RoleArn", "")
        if action == "AssumeRole":
            signed = re.search(r"Credential=([^/]+)/", headers.get("Authorization", ""))
            who = signed.group(1) if signed else "nobody"
        else:
            who = "unsigned " + form["WebIdentityToken"]
            if headers.get("Authorization"):
                return 400, "<ErrorResponse><Error><Code>Signed</Code></Error></ErrorResponse>"
        if "denied" in role or who == "nobody":
            return 403, ("<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>no</Message>"
                         "</Error><RequestId>r</RequestId></ErrorResponse>")
        session = form["RoleSessionName"]
        # Every tool makes up a name of its own when none is configured.
        session = "made up" if session.startswith(("botocore-session", "trainyard", "AWS-CLI")) else session
        k = keys(action, who, role, session, form.get("ExternalId", ""), form.get("DurationSeconds", DEFAULT_DURATION))
        return 200, (f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result><Credentials>'
                     f"<AccessKeyId>{k['id']}</AccessKeyId><SecretAccessKey>{k['secret']}</SecretAccessKey>"
                     f"<SessionToken>{k['token']}</SessionToken><Expiration>{self.iso()}</Expiration></Credentials>"
                     f"<AssumedRoleUser><Arn>{role}</Arn><AssumedRoleId>AROA:s</AssumedRoleId></AssumedRoleUser>"
                     f"</{action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></{action}Response>")

    # Instance metadata stands below a path per behaviour: /imds, /imds-norole, /imds-v1, /imds-untrusted.
    def metadata_token(self, path, headers):
        if path.startswith("/imds-v1/"):
            return 403, ""
        if not path.endswith("/latest/api/token") or not headers.get("x-aws-ec2-metadata-token-ttl-seconds"):
            return 400, ""
        return 200, "canary-metadata-token"

    def metadata(self, path, headers):
        if not path.startswith("/imds-v1/") and headers.get("x-aws-ec2-metadata-token") != "canary-metadata-token":
            return 401, ""
        name = path.split("/latest/meta-data/iam/security-credentials/")[1]
        if path.startswith("/imds-norole/"):
            return 404, ""
        if not name:
            return 200, "node-role"
        if path.startswith("/imds-untrusted/"):
            return 200, json.dumps({"Code": "AssumeRoleUnauthorizedAccess", "Message": "ec2 is not trusted"})
        return 200, self.as_metadata(keys("instance", name))

    def get(self, path, headers):
        if path.startswith("/imds"):
            return self.metadata(path, headers)
        if path.startswith("/federation/credentials"):
            query = dict(urllib.parse.parse_qsl(path.partition("?")[2]))
            if headers.get("x-amz-sso_bearer_token") != SSO_TOKEN:
                return 401, '{"message":"Session token not found or invalid","__type":"UnauthorizedException"}'
            k = keys("sso", query["role_name"], query["account_id"])
            return 200, json.dumps({"roleCredentials": {
                "accessKeyId": k["id"], "secretAccessKey": k["secret"], "sessionToken": k["token"],
                "expiration": int(self.expires.timestamp() * 1000)}})
        if path.startswith("/container-open"):
            return 200, self.as_metadata(keys("container", path))
        if path.startswith("/container-guarded"):
            if headers.get("Authorization") != CONTAINER_TOKEN:
                return 403, "{}"
            return 200, self.as_metadata(keys("container", path))
        if path.startswith("/container-garbage"):
            return 200, "no json"
        return 500, "{}"
