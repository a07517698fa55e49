"""The demo's cases as they were told: invented patients with everyday complaints of a county."""

from __future__ import annotations

from dataclasses import dataclass, field

from server.consultation.kinds import Complaint
from server.consultation.states import State
from server.scheduling.deadlines import Urgency


@dataclass(frozen=True, kw_only=True)
class Story:
    doctor: str
    expert: str
    until: State
    days_ago: float
    complaint: Complaint
    specialty: str
    question: str
    story: str
    diagnosis: str
    age: tuple[int, int]
    findings: str = ""
    urgency: Urgency = Urgency.ROUTINE
    vitals: dict[str, float] = field(default_factory=dict)
    files: tuple[str, ...] = ()
    taught: Taught | None = None


@dataclass(frozen=True, kw_only=True)
class Taught:
    """As which teaching case the expert proposes it; `released` by a second person, or waiting for one."""

    title: str
    points: str
    released: bool


ECG, CHEST, SLIP = "ecg", "chest", "slip"

STORIES: tuple[Story, ...] = (
    Story(
        doctor="wangfang",
        expert="zhaomin",
        until=State.CLOSED,
        days_ago=9,
        complaint=Complaint.CHEST_PAIN,
        specialty="心血管内科",
        question="是否需要上转行冠脉造影？抗血小板方案如何选择？",
        story="活动后胸骨后压榨样痛 2 周，每次 5–10 分钟，休息或含服硝酸甘油可缓解，近 3 天发作变频。",
        findings="双肺呼吸音清，心律齐，各瓣膜区未闻及杂音，双下肢无水肿。",
        diagnosis="冠心病，不稳定型心绞痛？高血压 2 级",
        age=(58, 72),
        vitals={"systolic": 158, "diastolic": 92, "pulse": 84, "saturation": 97, "temperature": 36.5},
        files=(ECG, CHEST, SLIP),
        taught=Taught(
            title="以胸痛起病的不稳定型心绞痛",
            points="症状变频就是不稳定；先看心电图，肌钙蛋白要查两次；先双抗、他汀，再谈造影。",
            released=True,
        ),
    ),
    Story(
        doctor="yangxue",
        expert="xiewen",
        until=State.ISSUED,
        days_ago=1,
        complaint=Complaint.STROKE,
        specialty="神经内科",
        question="能否在当地继续治疗？二级预防用药请指导。",
        story="晨起发现右侧肢体无力、言语含糊，最后正常时间为前一晚 21 点，症状无进行性加重。",
        findings="神清，运动性失语，右侧鼻唇沟浅，右上肢肌力 4 级，右下肢 4+ 级，右巴氏征阳性。",
        diagnosis="急性脑梗死（超时间窗），高血压病",
        age=(63, 78),
        vitals={"systolic": 172, "diastolic": 96, "pulse": 76, "saturation": 98},
    ),
    Story(
        doctor="wangfang",
        expert="zhaomin",
        until=State.SCHEDULED,
        days_ago=0.9,
        complaint=Complaint.CHEST_PAIN,
        specialty="心血管内科",
        question="心电图 V4–V6 ST 段压低，能否在当地处理？",
        story="反复胸闷 1 月，加重 2 天，伴活动后气促，夜间可平卧。",
        findings="颈静脉无怒张，双肺底少许湿啰音，心界向左下扩大。",
        diagnosis="冠心病？心功能 II–III 级",
        age=(60, 75),
        vitals={"systolic": 146, "diastolic": 88, "pulse": 92, "saturation": 95},
        files=(ECG, CHEST),
    ),
    Story(
        doctor="zhouting",
        expert="songyi",
        until=State.TRIAGE,
        days_ago=0.01,
        complaint=Complaint.FEVERISH_CHILD,
        specialty="儿科",
        urgency=Urgency.URGENT,
        question="反复高热伴皮疹，是否考虑川崎病？需不需要立即转院？",
        story="发热 5 天，最高 39.8℃，退热药效果差，2 天前出现躯干红色斑丘疹，双眼红，口唇皲裂。",
        findings="精神稍差，双侧球结膜充血，草莓舌，颈部淋巴结肿大，手足硬肿。",
        diagnosis="川崎病？",
        age=(3, 5),
        vitals={"pulse": 142, "temperature": 39.2, "respiration": 34, "saturation": 98},
    ),
    Story(
        doctor="liuqiang",
        expert="caoyan",
        until=State.TRIAGE,
        days_ago=0.05,
        complaint=Complaint.CHRONIC,
        specialty="内分泌科",
        question="胰岛素剂量如何调整？是否需要加用其他降糖药？",
        story="2 型糖尿病 12 年，基础胰岛素 18 单位睡前，近 2 周空腹血糖 9–12 mmol/L，无低血糖。",
        diagnosis="2 型糖尿病，血糖控制不佳",
        age=(50, 68),
        vitals={"systolic": 138, "diastolic": 84, "pulse": 78},
    ),
    Story(
        doctor="malin",
        expert="zhaomin",
        until=State.INVITING,
        days_ago=0.2,
        complaint=Complaint.CHEST_PAIN,
        specialty="心血管内科",
        question="阵发性房颤，CHA₂DS₂-VASc 3 分，抗凝药物请指导。",
        story="阵发心悸半年，每次持续数小时，动态心电图提示阵发性心房颤动。",
        diagnosis="阵发性心房颤动，高血压病",
        age=(66, 74),
        vitals={"systolic": 134, "diastolic": 80, "pulse": 88},
        files=(ECG,),
    ),
    Story(
        doctor="huangbo",
        expert="hanbing",
        until=State.SCHEDULING,
        days_ago=0.6,
        complaint=Complaint.TRAUMA,
        specialty="骨科",
        question="桡骨远端骨折手法复位后位置是否满意？能否保守治疗？",
        story="跌倒手掌着地后右腕肿痛畸形 6 小时，已手法复位、石膏托外固定。",
        findings="右腕肿胀，手指血运、感觉、活动可。",
        diagnosis="右桡骨远端骨折",
        age=(55, 70),
        files=(CHEST,),
    ),
    Story(
        doctor="xumei",
        expert="tangli",
        until=State.OPINION_PENDING,
        days_ago=1.2,
        complaint=Complaint.ABDOMINAL_PAIN,
        specialty="普通外科",
        question="右上腹痛 3 天，超声提示胆囊结石伴胆囊壁增厚，能否保守？",
        story="进食油腻后右上腹持续痛 3 天，向右肩放射，伴低热、恶心。",
        findings="右上腹压痛，Murphy 征阳性，无反跳痛。",
        diagnosis="急性胆囊炎，胆囊结石",
        age=(42, 60),
        vitals={"systolic": 128, "diastolic": 76, "pulse": 96, "temperature": 38.1},
    ),
    Story(
        doctor="wugang",
        expert="fengxia",
        until=State.SUPPLEMENT,
        days_ago=0.4,
        complaint=Complaint.OBSTETRIC,
        specialty="产科",
        question="孕 33 周血压升高，是否需要转院？",
        story="孕 33 周，产检发现血压升高 1 天，无头痛、视物模糊、上腹痛，胎动正常。",
        diagnosis="妊娠期高血压？",
        age=(24, 34),
        vitals={"systolic": 148, "diastolic": 96, "pulse": 90},
    ),
    Story(
        doctor="gaoyuan",
        expert="zhaomin",
        until=State.APPROVING,
        days_ago=0.1,
        complaint=Complaint.CHEST_PAIN,
        specialty="心血管内科",
        question="扩张型心肌病，是否有 CRT 指征？",
        story="活动后气促 3 年，加重 1 月，超声心动图 LVEF 31%，左束支传导阻滞。",
        diagnosis="扩张型心肌病，心功能 III 级",
        age=(45, 62),
        files=(ECG,),
    ),
    Story(
        doctor="wangfang",
        expert="xiewen",
        until=State.DRAFT,
        days_ago=0.02,
        complaint=Complaint.STROKE,
        specialty="神经内科",
        question="",
        story="头晕伴行走不稳 2 天，",
        diagnosis="",
        age=(60, 80),
    ),
    Story(
        doctor="wangfang",
        expert="zhaomin",
        until=State.CLOSED,
        days_ago=5,
        complaint=Complaint.CHEST_PAIN,
        specialty="心血管内科",
        question="高血压伴胸闷，心电图正常，还要不要查？在当地能做什么？",
        story="反复胸闷 1 年，多在爬坡时出现，休息 3 分钟缓解，近期无加重。",
        findings="心界不大，心率 78 次/分，律齐，未闻及杂音。",
        diagnosis="稳定型心绞痛？高血压 2 级",
        age=(55, 68),
        vitals={"systolic": 152, "diastolic": 90, "pulse": 78},
        files=(ECG, SLIP),
        taught=Taught(
            title="心电图正常的胸闷",
            points="静息心电图正常不能排除冠心病；在乡镇能做的危险分层。",
            released=False,
        ),
    ),
)

OPINION = {
    "basis": "根据申请方提供的病史、查体、心电图和影像资料。",
    "findings": "病史与所传资料相符；心电图示窦性心律，请结合临床。",
    "diagnoses": [{"text": "同意申请方初步诊断", "code": "I20.0"}, {"text": "高血压 2 级（很高危）", "code": "I10"}],
    "plan": "1. 完善心肌损伤标志物并于 3 小时后复查；\n2. 如再发胸痛或心电图动态改变，立即经绿色通道上转；\n3. 低盐低脂饮食，监测血压、心率。",
    "medications": [
        {"name": "阿司匹林肠溶片", "dose": "100 mg", "route": "口服", "frequency": "每日 1 次", "course": "长期"},
        {"name": "阿托伐他汀钙片", "dose": "20 mg", "route": "口服", "frequency": "每晚 1 次", "course": "长期"},
    ],
    "tests": [{"name": "肌钙蛋白", "purpose": "排除心肌梗死", "when": "即刻、3 小时后"}],
    "warnings": "胸痛持续超过 20 分钟不缓解，按急性冠脉综合征处理。",
    "referral_advice": "药物控制不佳时上转行冠脉造影。",
}
