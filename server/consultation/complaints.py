"""Templates of a request: what a specialist will ask first for each complaint. Questions only, never answers."""

from server.consultation.kinds import Complaint

PROMPTS: dict[Complaint, tuple[tuple[str, str], ...]] = {
    Complaint.CHEST_PAIN: (
        ("onset", "何时开始，持续多久"),
        ("nature", "部位、性质、放射，与活动的关系"),
        ("relief", "含服硝酸甘油后如何"),
        ("risk", "高血压、糖尿病、吸烟、既往心梗或支架"),
        ("now", "此刻是否仍痛，有无大汗、气促、晕厥"),
    ),
    Complaint.STROKE: (
        ("last_well", "最后正常的时间（几点几分）"),
        ("face_arm_speech", "口角、肢体、言语：哪侧，多重"),
        ("glucose", "指尖血糖"),
        ("anticoagulant", "是否服用抗凝或抗血小板药"),
        ("bleeding", "近期手术、出血、头部外伤"),
    ),
    Complaint.FEVERISH_CHILD: (
        ("fever", "发热几天，最高体温，退热药反应"),
        ("spirit", "精神、吃奶或饮食、尿量"),
        ("danger", "抽搐、皮疹、颈抵抗、呼吸急促"),
        ("weight", "体重（千克）"),
        ("vaccine", "预防接种，接触史"),
    ),
    Complaint.ABDOMINAL_PAIN: (
        ("site", "部位、转移、性质、程度"),
        ("with", "呕吐、排便排气、发热、黄疸"),
        ("peritoneum", "压痛、反跳痛、肌紧张"),
        ("menses", "育龄女性：末次月经，妊娠试验"),
        ("surgery", "既往腹部手术"),
    ),
    Complaint.TRAUMA: (
        ("mechanism", "受伤时间和机制"),
        ("consciousness", "意识（GCS）、瞳孔、有无呕吐"),
        ("bleeding", "出血部位和估计量，止血措施"),
        ("limb", "肢体畸形、感觉、末梢循环"),
        ("tetanus", "破伤风免疫"),
    ),
    Complaint.OBSTETRIC: (
        ("weeks", "孕周、孕产次、预产期"),
        ("pain_bleeding", "腹痛、流血、流液"),
        ("fetal", "胎动、胎心"),
        ("pressure", "血压、尿蛋白、水肿、头痛眼花"),
        ("history", "剖宫产史、合并症"),
    ),
    Complaint.CHRONIC: (
        ("control", "近期血压、血糖等记录"),
        ("medicine", "现用药物和剂量，能否坚持"),
        ("change", "与上次相比的变化"),
        ("complication", "靶器官：心、脑、肾、眼、足"),
    ),
    Complaint.BLANK: (),
}

SPECIALTIES = (
    "心血管内科",
    "神经内科",
    "内分泌科",
    "内科",
    "儿科",
    "产科",
    "普通外科",
    "骨科",
    "影像科",
)
SPECIALTY_OF: dict[Complaint, str] = {
    Complaint.CHEST_PAIN: "心血管内科",
    Complaint.STROKE: "神经内科",
    Complaint.FEVERISH_CHILD: "儿科",
    Complaint.ABDOMINAL_PAIN: "普通外科",
    Complaint.TRAUMA: "骨科",
    Complaint.OBSTETRIC: "产科",
    Complaint.CHRONIC: "内分泌科",
}
"""What a template proposes; the doctor may choose another."""
