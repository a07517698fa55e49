"""What a restored site proves: that its audit chain is whole, and its documents are as they were signed."""

from pathlib import Path

from server.audit import service as audit
from server.core.database import Database
from server.documents import service as documents
from server.documents.office import Office
from server.operations.restore import Proof


async def audit_chain(database: Database, checkpoint: Path) -> Proof:
    """Every record, against the chain's key and the checkpoint that lies outside the database."""
    async with database.unit(writes=False) as unit:
        found = await audit.verify(unit, checkpoint=checkpoint)
    if found.whole:
        return Proof(True, "审计链完整：%(records)s 条记录", {"records": found.records})
    if found.first_bad is None:
        return Proof(False, "审计链的检查点缺失或损坏，%(records)s 条记录的末尾无从证明", {"records": found.records})
    facts = {"first": found.first_bad, "trouble": found.trouble}
    return Proof(False, "审计链从第 %(first)s 条起不对（%(trouble)s）", facts)


async def signed_documents(database: Database, office: Office) -> Proof:
    """Every document: its hash as registered, its signature valid."""
    async with database.unit(writes=False) as unit:
        found = await documents.check_archive(unit, office=office)
    if not found.damaged:
        return Proof(True, "%(count)s 份文书与签名时一致", {"count": found.documents})
    return Proof(False, "%(count)s 份文书与签名时不符：%(numbers)s", {
        "count": len(found.damaged), "numbers": ", ".join(found.damaged[:10]),
    })  # fmt: skip
