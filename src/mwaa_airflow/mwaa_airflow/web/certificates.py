"""A certificate for the web server, signed by an authority of this install: clients of MWAA write https://.

The authority's key follows from the install's secret, so it stays the same wherever and however often the files are made.

    $MWAA_STATE/tls/ca.pem        the authority: for REQUESTS_CA_BUNDLE, SSL_CERT_FILE, curl --cacert
    $MWAA_STATE/tls/server.pem    key and certificate of the web server, mode 0600
"""

import datetime
import hashlib
import hmac
import ipaddress
import os
import ssl

NAMES = ("localhost", "*.localhost", "webserver")
ADDRESSES = ("127.0.0.1", "::1")
BEGIN, YEARS = datetime.datetime(2022, 1, 1), 30
# An authority's key must lie below the order of the curve P-256; this many bits always do.
KEY_BITS = 248


def folder():
    return os.path.join(os.environ["MWAA_STATE"], "tls")


def authority():
    """The authority's certificate as PEM."""
    with open(os.path.join(folder(), "ca.pem"), "rb") as file:
        return file.read()


def context():
    """What a server needs to speak TLS. Writes the two files."""
    from cryptography.hazmat.primitives.serialization import Encoding

    os.makedirs(folder(), mode=0o755, exist_ok=True)
    server = os.path.join(folder(), "server.pem")
    _write(os.path.join(folder(), "ca.pem"), _authority()[1].public_bytes(Encoding.PEM), 0o644)
    _write(server, _server(), 0o600)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(server)
    return made


def _authority():
    """(key, certificate)"""
    from cryptography import x509

    key = _key("authority")
    name = _name("Local MWAA {}".format(os.environ["MWAA_ENV_ID"][:8]))
    builder = _builder(name, name, key, "authority").add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    return key, _signed(builder, key)


def _server():
    from cryptography import x509
    from cryptography.hazmat.primitives import serialization as form

    authority_key, authority_certificate = _authority()
    key = _key("server")
    names = [x509.DNSName(name) for name in NAMES]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in ADDRESSES]
    builder = _builder(_name("localhost"), authority_certificate.subject, key, "server")
    builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, form.NoEncryption())
    return private + _signed(builder, authority_key).public_bytes(form.Encoding.PEM)


def _builder(subject, issuer, key, purpose):
    from cryptography import x509

    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(_number(purpose + "/serial", 120))
        .not_valid_before(BEGIN)
        .not_valid_after(BEGIN.replace(year=BEGIN.year + YEARS))
    )


def _signed(builder, key):
    from cryptography.hazmat.backends import default_backend
    from cryptography.hazmat.primitives import hashes

    return builder.sign(key, hashes.SHA256(), default_backend())


def _name(text):
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _key(purpose):
    from cryptography.hazmat.backends import default_backend
    from cryptography.hazmat.primitives.asymmetric import ec

    return ec.derive_private_key(_number(purpose, KEY_BITS), ec.SECP256R1(), default_backend())


def _number(purpose, bits):
    secret = os.environ["WEBSERVER_SECRET_KEY"].encode()
    digest = hmac.new(secret, b"aws_mwaa/certificates/" + purpose.encode(), hashlib.sha256).digest()
    return (int.from_bytes(digest, "big") >> (256 - bits)) or 1


def _write(path, content, mode):
    fresh = "{}.{}.new".format(path, os.getpid())
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(content)
    os.replace(fresh, path)
