"""The words of the directory, as pages and sheets say them (msgids)."""

from datetime import date

from server.directory.kinds import AgreementState, ConsortiumKind, Kind, Level, Ownership, Service
from server.directory.model import Agreement

LEVEL_WORDS = {
    Level.PROVINCE: "省级",
    Level.CITY: "市级",
    Level.COUNTY: "县级",
    Level.TOWNSHIP: "乡镇级",
    Level.VILLAGE: "村级",
}
KIND_WORDS = {
    Kind.GENERAL: "综合医院",
    Kind.CHINESE_MEDICINE: "中医医院",
    Kind.MATERNAL: "妇幼保健院",
    Kind.SPECIALTY: "专科医院",
    Kind.COMMUNITY: "社区卫生服务中心",
    Kind.TOWNSHIP_CENTRE: "乡镇卫生院",
    Kind.VILLAGE_STATION: "村卫生室",
    Kind.AUTHORITY: "卫生健康行政部门",
}
OWNERSHIP_WORDS = {
    Ownership.PUBLIC: "公立",
    Ownership.COLLECTIVE: "集体",
    Ownership.PRIVATE: "民营",
}
CONSORTIUM_WORDS = {
    ConsortiumKind.CITY_GROUP: "城市医疗集团",
    ConsortiumKind.COUNTY_COMMUNITY: "县域医共体",
    ConsortiumKind.SPECIALTY_ALLIANCE: "专科联盟",
    ConsortiumKind.REMOTE_NETWORK: "远程医疗协作网",
}
SERVICE_WORDS = {
    Service.CONSULTATION: "远程会诊",
    Service.DIAGNOSIS: "远程诊断",
    Service.REFERRAL: "双向转诊",
    Service.TEACHING: "远程教学",
}
STATE_WORDS = {
    AgreementState.DRAFT: ("草稿", "idle"),
    AgreementState.IN_FORCE: ("生效", "done"),
    AgreementState.SUSPENDED: ("暂停", "soon"),
    AgreementState.TERMINATED: ("终止", "idle"),
}
YES_NO = {"yes": "是", "no": "否"}
EXPIRING = 60
"""Days before its end in which an agreement counts as expiring."""


def standing(agreement: Agreement, on: date) -> tuple[str, str]:
    """The word and tone of how an agreement stands that day."""
    if agreement.state is AgreementState.IN_FORCE:
        if agreement.ended(on):
            return "已到期", "danger"
        if on < agreement.starts:
            return "未到开始日期", "wait"
        if (agreement.ends - on).days <= EXPIRING:
            return "即将到期", "soon"
    return STATE_WORDS[agreement.state]
