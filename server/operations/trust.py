"""How a computer or phone comes to trust the site's own certificate authority, told to whoever starts `serve --tls`."""

from collections.abc import Iterator, Sequence

from server.operations.findings import Say
from server.operations.tls import LocalTls

STEPS = (  # (where, what to do there)
    ("Windows（管理员命令行）", "certutil -addstore -f Root %(file)s"),
    ("macOS", "sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain %(file)s"),
    (
        "Debian、Ubuntu、麒麟、统信",
        "sudo cp %(path)s /usr/local/share/ca-certificates/lianzhen.crt && sudo update-ca-certificates",
    ),
    ("Firefox", "设置 → 隐私与安全 → 证书 → 查看证书 → 证书颁发机构 → 导入，勾选“信任由此证书颁发机构标识的网站”"),
    ("安卓手机", "设置 → 安全 → 加密与凭据 → 安装证书 → CA 证书"),
    ("苹果手机", "打开文件安装描述文件，再到 设置 → 通用 → 关于本机 → 证书信任设置 里打开"),
)


def how_to_trust(tls: LocalTls, addresses: Sequence[str], say: Say) -> Iterator[str]:
    """What to print: the addresses, the file with its fingerprint, and the way for each kind of computer.

    `addresses` are the full addresses that browsers may use, e.g. https://192.168.1.20:8443.
    """
    facts = {"path": str(tls.authority), "file": tls.authority.name, "fingerprint": tls.fingerprint()}
    yield say("本机和局域网内的电脑可以用这些地址打开：", {})
    yield from (f"  {address}" for address in addresses)
    yield say("每台电脑第一次使用前，把 %(path)s 拷过去并设为受信任，只需一次：", facts)
    for where, what in STEPS:
        yield f"  {say(where, {})}: {say(what, facts)}"
    yield say("导入时请核对证书指纹（SHA-256）：", {})
    yield f"  {facts['fingerprint']}"
    yield say("这个证书机构只能为本站的名称和内网地址签发证书，不会影响其他网站。", {})
