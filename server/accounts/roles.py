"""Roles of posts, standings of accounts, kinds of credentials: words others may use without the tables."""

from enum import StrEnum


class Role(StrEnum):
    APPLICANT = "applicant"
    DEPT_LEAD = "dept_lead"
    COORDINATOR = "coordinator"
    SPECIALIST = "specialist"
    READER = "reader"
    TECHNICIAN = "technician"
    REFERRAL_OFFICER = "referral_officer"
    FAMILY_DOCTOR = "family_doctor"
    TEACHER = "teacher"
    TRAINEE = "trainee"
    TEACHING_ADMIN = "teaching_admin"
    QC_OFFICER = "qc_officer"
    INST_ADMIN = "inst_admin"
    CONS_ADMIN = "cons_admin"
    REGULATOR = "regulator"
    AUDITOR = "auditor"
    PLATFORM_ADMIN = "platform_admin"
    PATIENT_GUEST = "patient_guest"


ROLE_WORDS = {
    Role.APPLICANT: "申请医师",
    Role.DEPT_LEAD: "院内审批人",
    Role.COORDINATOR: "会诊中心协调员",
    Role.SPECIALIST: "会诊专家",
    Role.READER: "诊断医师",
    Role.TECHNICIAN: "检查技师",
    Role.REFERRAL_OFFICER: "转诊专员",
    Role.FAMILY_DOCTOR: "家庭医生",
    Role.TEACHER: "授课教师",
    Role.TRAINEE: "学员",
    Role.TEACHING_ADMIN: "教学管理员",
    Role.QC_OFFICER: "质控员",
    Role.INST_ADMIN: "机构管理员",
    Role.CONS_ADMIN: "医联体管理员",
    Role.REGULATOR: "卫健委监管员",
    Role.AUDITOR: "审计员",
    Role.PLATFORM_ADMIN: "平台运维",
    Role.PATIENT_GUEST: "患者或家属",
}


class Standing(StrEnum):
    """States of an account."""

    INVITED = "invited"
    ACTIVE = "active"
    SUSPENDED = "suspended"
    DEACTIVATED = "deactivated"


class CredentialKind(StrEnum):
    PHYSICIAN = "physician"
    ASSISTANT = "assistant"
    VILLAGE_DOCTOR = "village_doctor"
    NURSE = "nurse"
    TECHNICIAN = "technician"
    NONE = "none"
